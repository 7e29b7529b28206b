"""What every template may ask of a request."""

from accounts.requests import PageRequest


def page_address(request: PageRequest) -> dict[str, str]:
    """Give templates `page_address`: the page that is looked at, to come back to after a form.

    A fragment that htmx puts into a page takes the address of that page, not its own, which may
    know POST alone.
    """
    htmx = getattr(request, "htmx", None)  # missing where an earlier middleware refused
    shown = htmx.current_url_abs_path if htmx else None
    return {"page_address": shown or request.get_full_path()}
