"""Every page by the rules of axe, in the dark and the light, on a phone and a desk."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from django.urls.exceptions import Resolver404
from playwright.sync_api import Page

from tests.e2e.conftest import OpenPage
from tests.e2e.looks import find_faults_here
from tests.e2e.stack import Site
from tests.e2e.walks import WALKS

pytestmark = pytest.mark.e2e
# Addresses at which there is no page of this site's own, by the reason.
OF_OTHER_PROJECTS = ("admin/", "api/", "^api/")
NO_PAGES = {
    "for machines": {"healthz", "readyz", "metrics", "favicon"},
    "files": {"poster", "kept_poster", "export_download", "mfa_download_recovery_codes"},
    "parts of a page, for htmx": {"night_state", "import_progress", "preview_taste"},
    "lead to another page": {
        "account_sessions", "usersessions_list", "account_set_password",
        "account_confirm_login_code",
    },
}  # fmt: skip
TAKE_ONLY_POSTS = {
    "set_language", "account_training", "account_revoke_token", "account_end_others",
    "account_end_session", "add_film", "change_entry", "remove_film", "add_to_list", "rate_movie",
    "save_watchlist", "remove_diary_entry", "import_accept", "import_apply", "import_undo",
    "import_discard", "import_choose", "import_choose_list", "tonight", "tonight_film",
    "tonight_undo", "welcome_seen",
    "mute_reason", "unmute_reason", "hide_movie", "unhide_movie", "save_taste", "night_start",
    "night_vote", "night_close", "night_again", "night_leave", "night_call_off", "night_link",
    "night_rule", "night_remove", "night_pick", "night_unpick",
}  # fmt: skip


def find_addresses(
    resolver: URLResolver | None = None, prefix: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Give every address of the site's own with its path."""
    for one in (resolver or get_resolver()).url_patterns:
        path = prefix + str(one.pattern)
        if path.startswith(OF_OTHER_PROJECTS):
            continue
        if isinstance(one, URLResolver):
            yield from find_addresses(one, path)
        else:
            yield path, one


def name_page(page: Page) -> str:
    """Return the name of the address of a page."""
    try:
        return resolve(urlsplit(page.url).path).url_name or ""
    except Resolver404:
        return ""


def test_walks_stop_at_every_page_there_is() -> None:
    found = {pattern.name for _path, pattern in find_addresses()}
    stops = {name for walk in WALKS.values() for name in walk.stops}
    shown_nowhere = TAKE_ONLY_POSTS.union(*NO_PAGES.values())
    assert stops.isdisjoint(shown_nowhere)
    # Whoever adds a page adds it to a walk, too.
    assert found == stops | shown_nowhere


def test_addresses_that_take_only_posts_show_no_page(open_page: OpenPage) -> None:
    page, shown = open_page("/account/login/"), {}
    for path, pattern in find_addresses():
        if pattern.name not in TAKE_ONLY_POSTS:
            continue
        address = "/" + "".join("1" if part[0] == "<" else part for part in split_path(path))
        answer = page.request.get(address, max_redirects=0)
        if answer.status != 405 and "/account/login/" not in answer.headers.get("location", ""):
            shown[address] = answer.status
    assert shown == {}


def split_path(path: str) -> list[str]:
    """Return the parts of a path, those that stand for something each by itself."""
    return [part for part in path.replace("<", "\0<").replace(">", ">\0").split("\0") if part]


@pytest.mark.parametrize("name", WALKS)
def test_pages_have_no_violations(name: str, open_page: OpenPage, site: Site) -> None:
    walk, faults, stops = WALKS[name], list[str](), set[str]()
    for page in walk.go(open_page, site):
        stops.add(name_page(page))
        faults += find_faults_here(page)
    assert faults == []
    assert walk.stops <= stops
