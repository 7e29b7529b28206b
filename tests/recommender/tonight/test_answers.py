"""What is said of the films for the evening: watching, seen, not wanted, and how they were."""

import datetime
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from accounts.personal_data import collect_files
from accounts.services import merge_guest
from catalog.diary_models import MAX_DAYS_OF_MOVIE
from catalog.models import DiaryEntry, SeenMovie, Service
from recommender.feedback.writing import write_feedback
from recommender.models import ChosenService, Event, HiddenMovie, Impression, ModelVersion
from recommender.tonight.services import choose_services
from tests.catalog.factories import make_guest
from tests.pages import read
from tests.recommender.conftest import Watch
from tests.recommender.tonight.steps import HISTORY, HTMX, get_picks


def test_watching_writes_the_diary_and_undo_takes_it_back(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    first, *others = get_picks(read(browser))
    for _ in range(2):  # twice is once
        page = browser.post(
            f"/tonight/films/{first}/", {"verdict": "watching"}, headers=HTMX
        ).content.decode()
    assert DiaryEntry.objects.get().watched_on == timezone.localdate()
    assert f"Enjoy “Film {first}”!" in page
    assert first not in get_picks(page)
    assert set(others) <= set(get_picks(page))
    back = browser.post(f"/tonight/films/{first}/undo/", headers=HTMX).content.decode()
    assert not DiaryEntry.objects.exists()
    assert first in get_picks(back)


def test_full_diary_is_not_said_to_hold_the_film(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    first = get_picks(read(browser))[0]
    today = timezone.localdate()
    DiaryEntry.objects.bulk_create(
        DiaryEntry(user=viewer, movie_id=first, watched_on=today - datetime.timedelta(days=number))
        for number in range(1, MAX_DAYS_OF_MOVIE + 1)
    )
    url, data = f"/tonight/films/{first}/", {"verdict": "watching"}
    refused = browser.post(url, data, headers=HTMX)
    assert refused.status_code == 409
    assert "Your diary holds no more days." in refused.content.decode()
    page = browser.post(url, data, follow=True).content.decode()
    assert "Your diary holds no more days." in page
    assert "Enjoy" not in page
    # Nor is one refused that is there today already.
    DiaryEntry.objects.filter(watched_on=today - datetime.timedelta(days=1)).update(
        watched_on=today
    )
    assert browser.post(url, data, headers=HTMX).status_code == 200


def test_seen_film_is_asked_stars_for_and_gives_way_to_another(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    first = get_picks(read(browser))[0]
    page = browser.post(
        f"/tonight/films/{first}/", {"verdict": "seen"}, headers=HTMX
    ).content.decode()
    assert SeenMovie.objects.get().movie_id == first
    assert f'action="/movies/{first}/rating/"' in page
    # Predicted stars help to choose; where stars are given, they would pull them.
    asking, _, choosing = page.partition('<ul class="picks">')
    assert "predicted" not in asking
    assert "predicted for you" in choosing
    assert len(get_picks(page)) == 3
    assert first not in get_picks(page)
    browser.post(f"/tonight/films/{first}/undo/")
    assert not SeenMovie.objects.exists()
    assert first in get_picks(read(browser))


def test_film_not_wanted_is_hidden_and_a_message_undoes_it(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    first = get_picks(read(browser))[0]
    data = {"verdict": "not_for_me", "next": "/?minutes=90"}
    answer: Any = browser.post(f"/tonight/films/{first}/", data, follow=True)
    assert answer.redirect_chain == [("/?minutes=90", 302)]
    page = answer.content.decode()
    assert HiddenMovie.objects.get().movie_id == first
    assert f'action="/tonight/films/{first}/undo/"' in page
    assert first not in get_picks(page)
    browser.post(f"/tonight/films/{first}/undo/", {"next": "/"})
    assert not HiddenMovie.objects.exists()


@pytest.mark.parametrize("url", ["/tonight/", "/tonight/films/1/", "/tonight/films/1/undo/"])
def test_answers_need_a_post(url: str, active_model: ModelVersion) -> None:
    assert Client().get(url).status_code == 405


def test_answers_need_a_film_and_a_verdict(active_model: ModelVersion, browser: Client) -> None:
    for verdict in ("watching", "seen", "not_for_me"):
        assert browser.post("/tonight/films/999/", {"verdict": verdict}).status_code == 404
    refused = browser.post("/tonight/films/1/", {"verdict": "maybe"}, headers=HTMX)
    assert refused.status_code == 400
    assert not (SeenMovie.objects.exists() or HiddenMovie.objects.exists())


def test_film_watched_yesterday_is_asked_about_until_it_is_rated(
    active_model: ModelVersion, browser: Client, viewer: User, watch: Watch
) -> None:
    watch(viewer, *HISTORY)
    browser.post("/tonight/films/5/", {"verdict": "watching"})
    assert "How was" not in read(browser)  # it is still running
    DiaryEntry.objects.update(created_at=timezone.now() - datetime.timedelta(hours=20))
    assert "How was “Film 5”?" in read(browser)
    watch(viewer, 5)
    assert "How was" not in read(browser)


def test_picks_and_what_came_of_them_are_measured(
    active_model: ModelVersion,
    browser: Client,
    viewer: User,
    watch: Watch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    watch(viewer, *HISTORY)
    page = read(browser)
    origin = re.search(r"/tonight/films/\d+/\?from=([0-9a-f]{32})", page)
    assert origin
    first = get_picks(page)[0]
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(f"/tonight/films/{first}/?from={origin[1]}", {"verdict": "not_for_me"})
    write_feedback()
    shown = Impression.objects.filter(row="tonight")
    assert first in shown.values_list("movie_id", flat=True)
    assert Event.objects.get().recommendation_id.hex == origin[1]


def test_services_are_exported_and_move_with_a_guest(services: list[Service], viewer: User) -> None:
    guest = make_guest()
    choose_services(user=guest, service_ids=[services[1].pk])
    [told] = [file for file in collect_files(user=guest) if file.name == "json/services.json"]
    assert "Other" in "".join(told.pieces)
    merge_guest(guest=guest, user=viewer)
    assert list(ChosenService.objects.values_list("user_id", "service_id")) == [
        (viewer.pk, services[1].pk)
    ]
    viewer.delete()
    assert not ChosenService.objects.exists()
