"""A visitor without a mouse: keys alone, and at every stop a mark that shows where they are."""

import re

from playwright.sync_api import Locator, Page

# Kept in the page, for to find an element by its role and name anew at every stop is slow.
_NOTE_WANTED = "all => { window.wantedByKeys = all; }"
_IS_THERE = "() => window.wantedByKeys.includes(document.activeElement)"
_STOPS_PER_NOTE = 30
# What is wrong with how the focused element shows that it is, and whether it is a wanted one.
_LOOK = """
() => {
  const focused = document.activeElement;
  return [findFault(), window.wantedByKeys.includes(focused)];

  function findFault() {
    if (!focused || focused === document.body || focused === document.documentElement) return "";
    const name = focused.outerHTML.slice(0, 200);
    const isMarked = (one) => {
      const style = getComputedStyle(one);
      return !["none", "hidden"].includes(style.outlineStyle)
        && parseFloat(style.outlineWidth) >= 2
        && !/rgba\\(.*, 0\\)|transparent/.test(style.outlineColor);
    };
    const near = [focused, focused.closest("label"), focused.nextElementSibling];
    const marked = near.filter(Boolean).find(isMarked);
    if (!marked) return `no outline: ${name}`;
    const box = marked.getBoundingClientRect();
    if (box.width < 4 || box.height < 4) return `too small to be seen: ${name}`;
    const whole = marked.closest("label") || marked;
    const isOnTop = ([right, down]) => {
      const top = document.elementFromPoint(
        box.left + box.width * right, box.top + box.height * down
      );
      return top && (whole.contains(top) || top.contains(whole) && top.closest("label, a, button"));
    };
    const points = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
    return points.some(isOnTop) ? "" : `covered or out of sight: ${name}`;
  }
}
"""
# More stops than the longest way through a page of a hundred films has.
MOST_STOPS = 160


class Keys:
    """The keyboard of a page, the only thing these visitors have."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)

    def go_to(self, wanted: Locator, *, backwards: bool = False) -> None:
        """Press Tab until this has the focus; every stop on the way must show that it has it."""
        wanted.first.wait_for(state="attached")
        wanted.evaluate_all(_NOTE_WANTED)
        if self.page.evaluate(_IS_THERE):
            return
        for stop in range(1, MOST_STOPS):
            self.press("Shift+Tab" if backwards else "Tab")
            if self._look():
                return
            if stop % _STOPS_PER_NOTE == 0:
                wanted.evaluate_all(_NOTE_WANTED)
        raise AssertionError(f"no way by keyboard to {wanted}")

    def go_to_role(
        self,
        role: str,
        name: str | re.Pattern[str],
        *,
        within: Locator | None = None,
        backwards: bool = False,
    ) -> None:
        place = within or self.page
        exact = isinstance(name, str)
        wanted = place.get_by_role(role, name=name, exact=exact)  # type: ignore[arg-type]
        self.go_to(wanted, backwards=backwards)

    def open(
        self, role: str, name: str | re.Pattern[str], *, within: Locator | None = None
    ) -> None:
        """Go to a link or button and press Enter."""
        self.go_to_role(role, name, within=within)
        self.press("Enter")

    def unfold(self, text: str) -> None:
        self.go_to(self.page.locator("summary").filter(has_text=text).first)
        self.press("Enter")

    def tick(self, name: str, *, within: Locator | None = None) -> None:
        self.go_to_role("checkbox", name, within=within)
        self.press("Space")

    def fill(self, label: str, text: str) -> None:
        """Go to the field of this label and type over what is in it."""
        self.go_to(self.page.get_by_label(label))
        self.press("ControlOrMeta+a")
        self.type(text)

    def choose(self, group: str | re.Pattern[str], option: str | re.Pattern[str]) -> None:
        """Go to a group of radio buttons and press arrows until this one is chosen."""
        place = self.page.get_by_role("group", name=group, exact=isinstance(group, str))
        radios = place.get_by_role("radio")
        wanted = place.get_by_role("radio", name=option, exact=isinstance(option, str))
        self.go_to(radios)
        wanted.evaluate_all(_NOTE_WANTED)
        if self._look():
            if not wanted.is_checked():
                self.press("Space")
            return
        for _ in range(radios.count()):
            self.press("ArrowRight")
            if self._look():
                return
        raise AssertionError(f"no arrow leads to {option} in {group}")

    def _look(self) -> bool:
        """Return whether the focus is where it was wanted."""
        fault, is_there = self.page.evaluate(_LOOK)
        assert not fault, fault
        return bool(is_there)
