"""How an operator has the site ask TMDB, in the admin site."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import OpenPage
from tests.e2e.stack import Site
from tests.e2e.steps import log_in, rate
from tests.e2e.tmdb_films import LIKED, OF_ONE_DIRECTOR, VAMPIRE

_ARE_FETCHED = """
async paths => {
  const read = async address => (await fetch(address)).text();
  for (const path of paths) if (!(await read(path)).includes("Directed by")) return false;
  // Of a film its picture comes last.
  if (!(await read(paths[0])).includes("-large.webp")) return false;
  return (await read("/")).includes("Time I have");
}
"""


def have_facts_fetched(open_page: OpenPage, site: Site) -> None:
    """As the operator, choose the films in the admin site; return once a worker has all facts."""
    # The pages of the admin site are another project's, and not watched.
    page = open_page(f"/movies/{VAMPIRE}/", is_watched=False)
    if page.get_by_text("Directed by").count():
        return
    log_in(page, "demo", site.demo_password)
    expect(page.get_by_role("link", name="demo", exact=True)).to_be_visible()
    chosen = ",".join(map(str, (VAMPIRE, *OF_ONE_DIRECTOR)))
    page.goto(f"/admin/catalog/movie/?id__in={chosen}")
    _choose_action(page)
    page.goto("/")
    paths = [f"/movies/{movie_id}/" for movie_id in (VAMPIRE, *OF_ONE_DIRECTOR)]
    page.wait_for_function(_ARE_FETCHED, arg=paths, polling=500)


def _choose_action(page: Page) -> None:
    page.locator("#action-toggle").check()
    page.locator("select[name=action]").select_option("fetch_facts")
    page.get_by_role("button", name="Run").click()
    expect(page.get_by_text("films will be fetched")).to_be_visible()


def like_films_of_one_director(page: Page) -> None:
    """Give full stars to two films of somebody of whom there are many more."""
    for movie_id, title in LIKED.items():
        page.goto(f"/movies/{movie_id}/")
        rate(page, title, 5.0)
