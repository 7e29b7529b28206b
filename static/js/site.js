// Says what went wrong when a change could not be saved; without it pages work as plain forms.
(() => {
  "use strict";
  const toast = () => document.getElementById("toast");
  let timer;

  function say(text) {
    const place = toast();
    if (!place) return;
    place.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => { place.textContent = ""; }, 8000);
  }

  // Stars show at once what was pressed. What is kept is noted beside them, to fall back on.
  const starsOf = (event) => event.target.closest(".rate__form");
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = starsOf(event);
    if (!form || !event.detail.successful) return;
    const kept = event.detail.requestConfig.formData.get("stars");
    form.querySelectorAll("[name=stars]").forEach((radio) => {
      radio.defaultChecked = radio.value === kept;
    });
  });
  const takeBack = (event) => {
    const form = starsOf(event);
    if (form) form.reset();
  };
  document.addEventListener("htmx:responseError", takeBack);
  document.addEventListener("htmx:sendError", takeBack);

  document.addEventListener("htmx:responseError", (event) => {
    const type = event.detail.xhr.getResponseHeader("Content-Type") || "";
    const isSentence = type.startsWith("text/plain") && event.detail.xhr.status < 500;
    say(isSentence ? event.detail.xhr.responseText : toast().dataset.failed);
  });
  document.addEventListener("htmx:sendError", () => say(toast().dataset.offline));

  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-submit-on-change]");
    if (form) form.requestSubmit();
  });

  // A button that copies is of no use where the browser lets no page write to its clipboard.
  if (navigator.clipboard) {
    for (const button of document.querySelectorAll("[data-copy]")) button.hidden = false;
    document.addEventListener("click", async (event) => {
      const button = event.target.closest("[data-copy]");
      if (!button) return;
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
      say(button.dataset.copied);
    });
  }
})();
