"""What visitors do, in the words of the pages."""

import re
import secrets

from playwright.sync_api import Locator, Page, expect

STAR_LABELS = {0.5: "half a star", 1.0: "1 star"}


def label_of(stars: float) -> str:
    return STAR_LABELS.get(stars, f"{stars:g} stars")


def sign_up(page: Page, *, mail: str = "", name: str = "") -> tuple[str, str]:
    """Make an account; return its name and its password."""
    name, password = name or f"member-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    page.goto("/account/signup/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Email").fill(mail)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign up").click()
    expect(page.get_by_role("link", name=name)).to_be_visible()
    return name, password


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/account/login/")
    page.get_by_label("Login").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Log in").click()


def give_password_again(page: Page, password: str) -> None:
    """Answer, ahead of what asks for it, that it is really oneself."""
    page.goto("/account/reauthenticate/")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Go on").click()
    expect(page).not_to_have_url(re.compile("reauthenticate"))


def get_rating_form(page: Page, title: str) -> Locator:
    """Return the widget that rates this film."""
    group = page.get_by_role("group", name=f"Your rating of {title}", exact=True)
    return page.locator(".rate").filter(has=group)


def rate(page: Page, title: str, stars: float) -> None:
    widget = get_rating_form(page, title)
    widget.get_by_role("radio", name=label_of(stars), exact=True).check()
    expect(widget.get_by_role("status")).to_contain_text(label_of(stars))


def get_titles_to_rate(page: Page) -> list[str]:
    """Return the titles of the films shown with stars, in their order."""
    legends = page.locator(".rate legend").all_text_contents()
    return [legend.removeprefix("Your rating of ") for legend in legends]


def rate_in_welcome(page: Page, *stars: float) -> list[str]:
    """Rate the first films of the second step of the welcome; return their titles."""
    titles = get_titles_to_rate(page)[: len(stars)]
    for title, value in zip(titles, stars, strict=True):
        rate(page, title, value)
    return titles


def get_films(page: Page) -> list[str]:
    """Return the films a page shows as cards, in their order, once all of it is there."""
    page.wait_for_load_state()
    names = page.locator("[id^=film-]").evaluate_all("all => all.map(one => one.id)")
    return [name.removeprefix("film-") for name in names]


def get_reasons(page: Page) -> set[str]:
    """Return the titles named by "Because you watched" anywhere on the page."""
    page.wait_for_load_state()
    texts = page.get_by_text(re.compile("^Because you watched ")).all_text_contents()
    return {text.strip().removeprefix("Because you watched ") for text in texts}


def start_night(page: Page, name: str, *, rule: str = "Good for all of us") -> str:
    """Open a movie night and return its link."""
    page.goto("/night/")
    page.get_by_role("radio", name=re.compile(rule)).check()
    page.get_by_label("Your name here").fill(name)
    page.get_by_role("button", name="Start and get the link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is watching?")
    return page.locator("#night-link").inner_text()


def join_night(page: Page, link: str, name: str) -> None:
    page.goto(link)
    expect(page.get_by_text("What the others see of you:")).to_be_visible()
    page.get_by_label("Your name here").fill(name)
    page.get_by_role("button", name="Join and agree to that").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Who is watching?")
