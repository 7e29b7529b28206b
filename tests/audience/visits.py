"""What a simulated person does, by HTTP alone: as a guest of a browser, or with an account."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import requests

from tests.audience.people import RealPerson, Watched

ROUNDS = 4
SHOWN = 20
# Of the films shown those are opened that the person truly watched among their next so many.
NEXT_FILMS = 10
DISLIKED_STARS = 2.0
PASSWORD = "a long enough password"
LIKED_STARS = 4.0
TIMEOUT_SECONDS = 60
# A part of the day lasts six hours, of which these are the middles, by the clock of the site.
HOURS = {"night": 3, "morning": 9, "afternoon": 15, "evening": 21}
DEVICES = {
    "phone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148",
    "desktop": "Mozilla/5.0 (X11; Linux x86_64)",
}
LOOKS = 8
_ROW = re.compile(r'<h2 id="row-[a-z0-9-]+"')
_FROM = re.compile(r'href="/movies/(\d+)/\?from=([0-9a-f]{32})"')


class VisitError(Exception):
    """The site answered what it should not have."""


@dataclass
class Visitor:
    """One person at their browser or app."""

    url: str
    person: RealPerson
    number: int
    has_account: bool
    session: requests.Session = field(default_factory=requests.Session)
    seconds: list[float] = field(default_factory=list)
    # What was done with films shown: the answers (by id) of which one was opened, and how often.
    opened: Counter[str] = field(default_factory=Counter)
    liked: int = 0
    hidden: int = 0

    def __post_init__(self) -> None:
        """Stand behind an address of one's own, as a proxy would tell it."""
        high, low = divmod(self.number, 250)
        self.session.headers["X-Forwarded-For"] = f"10.{high // 250}.{high % 250}.{low + 1}"

    def visit(self) -> None:
        """Come, tell the first films, then look and act for some rounds.

        Raises:
            VisitError: the site refused something.
        """
        self._arrive()
        future = list(self.person.future)
        for number in range(ROUNDS):
            look = self._look_at_home if number == 1 and not self.has_account else self._ask
            origin, shown = look()
            future = self._react(origin, shown, future)

    def browse(self) -> None:
        """Come, tell the first films, then look at the row of home that stands first, some times.

        Every other visitor has a phone in hand.

        Raises:
            VisitError: the site refused something.
        """
        device = list(DEVICES)[self.number % len(DEVICES)]
        self.session.headers["User-Agent"] = DEVICES[device]
        self._arrive()
        future = list(self.person.future)
        for _number in range(LOOKS):
            if not future:
                return
            origin, shown = self._look_at_first_row()
            future = self._react(origin, shown, future)

    def _arrive(self) -> None:
        self._send("get", "/welcome/")
        first, *others = self.person.past
        # The first rating by the page makes the guest.
        self._post_form(f"/movies/{first.movie_id}/rating/", stars=f"{first.stars:.1f}")
        for film in others:
            self._rate(film)
        if self.has_account:
            self._sign_up()

    def _sign_up(self) -> None:
        name = f"audience{self.number}"
        self._send("get", "/account/signup/")
        self._post_form("/account/signup/", username=name, password1=PASSWORD)
        self._post_form("/account/reauthenticate/", password=PASSWORD)
        made = self._send("post", "/api/v1/me/tokens", json={"name": "app"})
        self.session.cookies.clear()
        self.session.headers["Authorization"] = f"Bearer {made.json()['key']}"

    def _ask(self) -> tuple[str, list[int]]:
        body = self._send("get", f"/api/v1/me/recommendations?limit={SHOWN}").json()
        return body["recommendation_id"], [item["movie"]["id"] for item in body["results"]]

    def _look_at_home(self) -> tuple[str, list[int]]:
        found = _FROM.findall(self._send("get", "/").text)
        if not found:
            raise VisitError("the home page shows no film with its recommendation")
        # The films for the evening stand first, under an id of their own: the rows are looked at.
        rows = found[-1][1]
        return rows, list(dict.fromkeys(int(film) for film, origin in found if origin == rows))

    def _look_at_first_row(self) -> tuple[str, list[int]]:
        _above, *rows = _ROW.split(self._send("get", "/").text)
        found = _FROM.findall(rows[0]) if rows else []
        if not found:
            raise VisitError("the first row of the home page shows no film")
        return found[0][1], list(dict.fromkeys(int(film) for film, _origin in found))

    def _react(self, origin: str, shown: list[int], future: list[Watched]) -> list[Watched]:
        """Open and rate what one truly watched next, hide what one truly disliked; or go on."""
        wanted = [film for film in future[:NEXT_FILMS] if film.movie_id in shown]
        for film in wanted:
            self._open(origin, film)
            self._rate(film, origin=origin)
        gone = {film.movie_id for film in wanted}
        for film in future[NEXT_FILMS:]:
            if film.movie_id in shown and film.stars <= DISLIKED_STARS:
                self._send("post", f"/api/v1/me/hidden/{film.movie_id}?from={origin}")
                self.hidden += 1
                gone.add(film.movie_id)
        if not wanted and future:  # what they watched next they found elsewhere
            self._rate(future[0])
            gone.add(future[0].movie_id)
        return [film for film in future if film.movie_id not in gone]

    def _open(self, origin: str, film: Watched) -> None:
        self.opened[origin] += 1
        self.liked += film.stars >= LIKED_STARS
        if not self.has_account:
            self._send("get", f"/movies/{film.movie_id}/?from={origin}")
            return
        event = {"recommendation_id": origin, "movie_id": film.movie_id, "kind": "click"}
        self._send("post", "/api/v1/events", json={"events": [event]})

    def _rate(self, film: Watched, *, origin: str = "") -> None:
        query = f"?from={origin}" if origin else ""
        address = f"/api/v1/me/ratings/{film.movie_id}{query}"
        self._send("put", address, json={"rating": film.stars})

    def _post_form(self, path: str, **fields: str) -> None:
        token = self.session.cookies.get("csrftoken", "")
        self._send("post", path, data={**fields, "csrfmiddlewaretoken": token})

    def _send(self, method: str, path: str, **options: Any) -> requests.Response:
        headers = {"X-CSRFToken": self.session.cookies.get("csrftoken", ""), "Referer": self.url}
        started = time.perf_counter()
        response = self.session.request(
            method,
            self.url + path,
            headers=headers,
            timeout=TIMEOUT_SECONDS,
            allow_redirects=False,
            **options,
        )
        self.seconds.append(time.perf_counter() - started)
        if response.status_code >= 400:
            raise VisitError(
                f"{method} {path}: {response.status_code} {response.text[:300]} "
                f"({self.person.name})"
            )
        return response
