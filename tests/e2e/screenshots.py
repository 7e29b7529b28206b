"""Takes the pictures of the README: ``python -m tests.e2e.screenshots docs/screenshots``.

Real pages of a real site that is started for it, with a taste made by rating real films.
"""

import logging
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

from tests.e2e.stack import Site, run_browser, run_site
from tests.e2e.steps import join_night, rate, start_night

logger = logging.getLogger(__name__)
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 800}
# Movie id, title, stars: somebody who likes thoughtful science fiction and a good story.
TASTE = (
    (260, "Star Wars: Episode IV - A New Hope", 4.5),
    (541, "Blade Runner", 5.0),
    (1036, "Die Hard", 3.5),
    (7361, "Eternal Sunshine of the Spotless Mind", 4.5),
    (2571, "The Matrix", 4.5),
    (79132, "Inception", 5.0),
)
MAX_BYTES = 300_000


def _open(browser: Browser, site: Site, scheme: str, size: dict[str, int]) -> Page:
    context = browser.new_context(
        base_url=site.url,
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": size["width"], "height": size["height"]},
        reduced_motion="reduce",
    )
    context.set_default_timeout(90_000)
    return context.new_page()


def _make_taste(page: Page) -> None:
    for movie_id, title, stars in TASTE:
        page.goto(f"/movies/{movie_id}/")
        rate(page, title, stars)


def _begin_vote(page: Page, guest: Page) -> str:
    """Let two people meet and the vote begin; return its address."""
    page.goto("/")
    link = start_night(page, "Ada")
    guest.goto("/")
    join_night(guest, link, "Ben")
    page.get_by_role("button", name="Start the vote").click()
    page.locator(".up").first.wait_for()
    return page.url


def _take(page: Page, path: str, target: Path) -> None:
    page.goto(path)
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    with Image.open(BytesIO(page.screenshot())) as picture:
        # Drawn posters need few colours: a palette of 256 makes a third of the size.
        whole = picture.convert("RGB")
        palette = whole.quantize(256, kmeans=4)
        whole.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(
            target, optimize=True
        )
    size = target.stat().st_size
    if size > MAX_BYTES:
        raise RuntimeError(f"{target} has {size} bytes: more than {MAX_BYTES}")
    logger.info("%s: %d kB", target, size // 1000)


def take_screenshots(folder: Path) -> None:
    """Write the pictures into `folder`, each at most 300 kB."""
    folder.mkdir(parents=True, exist_ok=True)
    with run_site() as site, run_browser() as browser:
        new = _open(browser, site, "dark", DESK)
        _take(new, "/", folder / "welcome.png")
        _take(new, "/welcome/films/", folder / "onboarding.png")
        dark = _open(browser, site, "dark", DESK)
        _make_taste(dark)
        _take(dark, "/", folder / "home.png")
        _take(dark, "/movies/1199/", folder / "movie.png")
        light = _open(browser, site, "light", DESK)
        _make_taste(light)
        _take(light, "/search/?q=godfater", folder / "search.png")
        _take(light, "/", folder / "home-light.png")
        _take(light, "/taste/statistics/", folder / "statistics.png")
        _take(light, _begin_vote(light, _open(browser, site, "light", DESK)), folder / "night.png")
        phone = _open(browser, site, "dark", PHONE)
        _make_taste(phone)
        _take(phone, "/", folder / "home-phone.png")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    take_screenshots(Path(sys.argv[1]))
