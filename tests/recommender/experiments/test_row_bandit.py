"""The bandit on the home page: what it shows, logs and learns, and its replay."""

import datetime
import json
import re
import uuid
from collections import Counter
from collections.abc import Sequence
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.models import User
from recommender.answers import HomeRow
from recommender.experiments import services as experiments
from recommender.experiments.row_bandit import learn_from_clicks
from recommender.feedback.writing import write_feedback
from recommender.home.selectors import HomeReader
from recommender.models import (
    Arm,
    Event,
    Experiment,
    Impression,
    ModelVersion,
    RowDecision,
    RowPosterior,
)
from tests.recommender.conftest import Watch
from tests.recommender.experiments.factories import make_experiment

PHONE = {"User-Agent": "Mozilla/5.0 (iPhone) Mobile"}
HISTORY = (1, 4, 7, 10, 13)
LATER = datetime.timedelta(hours=1)


def start_rows(**policies: str) -> Experiment:
    """Start an experiment on rows with these arms; one alone gets nearly everybody."""
    arms: dict[str, dict[str, Any]] = {
        name: {"row_policy": policy, "share": 1000} for name, policy in policies.items()
    }
    if len(arms) == 1:
        arms = {"control": {"share": 1}, **arms}
    draft = make_experiment("rows", surface="home_rows", arms=arms)
    return experiments.start_experiment(experiment_id=draft.pk)


def open_home(user: User, **headers: str) -> list[str]:
    """Return the kinds of rows in the order shown."""
    client = Client()
    client.force_login(user)
    page = client.get("/", headers=headers or PHONE).content.decode()
    return [key.partition("-")[0] for key in re.findall(r'<h2 id="row-([a-z0-9-]+)"', page)]


def make_people(number: int, watch: Watch) -> list[User]:
    people = [User.objects.create_user(f"p{place}") for place in range(number)]
    for person in people:
        watch(person, *HISTORY)
    return people


def log_decision(arm: Arm, user: User, *, chosen: str, clicked_row: str | None) -> None:
    """Write a decision with two films, one in the row chosen, and perhaps a click."""
    page, now = uuid.uuid4(), timezone.now()
    RowDecision.objects.create(
        arm=arm,
        user=user,
        recommendation_id=page,
        context="evening/phone",
        candidates=["genre", "top"],
        chosen=chosen,
        decided_at=now,
    )
    for movie_id, row in ((1, "top"), (2, "genre")):
        Impression.objects.create(
            recommendation_id=page, user=user, movie_id=movie_id, surface="home", row=row, rank=1,
            row_arm=arm, shown_at=now,
        )  # fmt: skip
        if row == clicked_row:
            Event.objects.create(
                recommendation_id=page, user=user, movie_id=movie_id, kind="click", happened_at=now
            )


def test_rows_keep_their_order_without_an_experiment(
    active_model: ModelVersion, watch: Watch
) -> None:
    [person] = make_people(1, watch)
    assert open_home(person)[0] == "top"
    write_feedback()
    assert not RowDecision.objects.exists()


def test_uniform_arm_puts_each_kind_first_at_times_and_logs_it(
    active_model: ModelVersion, watch: Watch
) -> None:
    start_rows(uniform="uniform")
    people = make_people(24, watch)
    first = Counter(open_home(person)[0] for person in people)
    write_feedback()
    decisions = list(RowDecision.objects.all())
    assert Counter(decision.chosen for decision in decisions) <= first
    assert len(decisions) >= 20
    assert len(first) >= 2
    assert {kind for decision in decisions for kind in decision.candidates} >= {"top", "genre"}
    assert {decision.context.partition("/")[2] for decision in decisions} == {"phone"}
    assert set(Impression.objects.values_list("row_arm__name", flat=True)) >= {"uniform"}


def test_page_loaded_again_keeps_its_order_and_is_one_decision(
    active_model: ModelVersion, watch: Watch
) -> None:
    start_rows(uniform="uniform")
    for person in make_people(6, watch):
        assert open_home(person) == open_home(person)
    write_feedback()
    assert RowDecision.objects.count() <= 6
    for person in User.objects.all():
        open_home(person, **{"User-Agent": "X11"})
    write_feedback()
    contexts = {d.context.partition("/")[2] for d in RowDecision.objects.all()}
    assert contexts == {"phone", "desktop"}


def arrange(user: User) -> list[HomeRow]:
    return HomeReader(user=user).read_rows(context="evening/phone")


def show_without(user: User, rows: Sequence[HomeRow]) -> list[HomeRow]:
    """Show the rows of home below all the films of some of them, and return those left."""
    keys, above = {row.key for row in rows}, set[int]()
    left = rows
    while gone := [item.movie_id for row in left if row.key in keys for item in row.items]:
        above.update(gone)
        left = HomeReader(user=user).read_rows(context="evening/phone", without=above)
    reader = HomeReader(user=user, is_shown=True)
    return reader.read_rows(context="evening/phone", without=above)


def test_kind_left_out_below_the_evening_is_still_a_candidate_of_the_draw(
    active_model: ModelVersion, watch: Watch
) -> None:
    start_rows(uniform="uniform")
    [person] = make_people(1, watch)
    arranged = arrange(person)
    other = next(row.kind for row in arranged if row.kind != arranged[0].kind)
    shown = show_without(person, [row for row in arranged if row.kind == other])
    assert other not in {row.kind for row in shown}
    write_feedback()
    decision = RowDecision.objects.get()
    assert decision.candidates == sorted({row.kind for row in arranged})
    assert decision.chosen == arranged[0].kind


def test_choice_that_is_left_out_below_the_evening_is_no_decision(
    active_model: ModelVersion, watch: Watch
) -> None:
    start_rows(uniform="uniform")
    [person] = make_people(1, watch)
    arranged = arrange(person)
    shown = show_without(person, arranged[:1])
    assert shown[0].key == arranged[1].key
    write_feedback()
    assert Impression.objects.filter(row_arm__isnull=False).exists()
    assert not RowDecision.objects.exists()


def test_no_film_stands_twice_and_none_is_lost_when_rows_move(
    active_model: ModelVersion, watch: Watch
) -> None:
    people = make_people(8, watch)
    client = Client()
    client.force_login(people[0])
    before = set(re.findall(r'id="film-(\d+)"', client.get("/").content.decode()))
    start_rows(uniform="uniform")
    for person in people:
        client.force_login(person)
        shown = re.findall(r'id="film-(\d+)"', client.get("/", headers=PHONE).content.decode())
        assert len(shown) == len(set(shown))
        assert set(shown) == before


def test_clicks_in_the_first_row_are_learnt_once_and_others_are_not(
    active_model: ModelVersion, viewer: User
) -> None:
    arm = start_rows(thompson="thompson").arms.get(name="thompson")
    for clicked in ("top", "top", "genre", None):
        log_decision(arm, viewer, chosen="top", clicked_row=clicked)
    log_decision(arm, viewer, chosen="genre", clicked_row="genre")
    assert learn_from_clicks() == 0  # their time for a click is not over
    assert learn_from_clicks(now=timezone.now() + LATER) == 5
    assert learn_from_clicks(now=timezone.now() + LATER) == 0
    learnt = {row.row: (row.alpha, row.beta) for row in RowPosterior.objects.all()}
    assert learnt == {"top": (3.0, 11.0), "genre": (2.0, 9.0)}
    assert RowDecision.objects.filter(is_clicked=True).count() == 3


def test_bandit_shows_first_what_it_has_learnt(active_model: ModelVersion, watch: Watch) -> None:
    arm = start_rows(thompson="thompson").arms.get(name="thompson")
    contexts = [f"{part}/phone" for part in ("night", "morning", "afternoon", "evening")]
    RowPosterior.objects.bulk_create(
        RowPosterior(arm=arm, context=context, row=row, alpha=alpha, beta=1000 - alpha)
        for context in contexts
        for row, alpha in (("genre", 400), ("top", 10), ("because", 10))
    )
    people = make_people(4, watch)
    first = Counter(open_home(person)[0] for person in people)
    assert first["genre"] >= 3


def test_replay_command_evaluates_what_was_logged_at_random(
    active_model: ModelVersion, viewer: User
) -> None:
    arm = start_rows(uniform="uniform").arms.get(name="uniform")
    for number in range(12):
        chosen = "top" if number % 2 else "genre"
        log_decision(arm, viewer, chosen=chosen, clicked_row="genre" if number % 3 else None)
    RowDecision.objects.update(decided_at=timezone.now() - LATER)
    Event.objects.update(happened_at=timezone.now() - LATER)
    out = StringIO()
    call_command("bandit_replay", "rows", "--json", stdout=out)
    found = json.loads(out.getvalue())
    # "as designed" agrees with the six "top", of which none was clicked.
    designed, chance = found["as designed"], found["uniform (as logged)"]
    assert designed["logged"] == chance["matched"] == 12
    assert (designed["matched"], designed["clicks"], designed["click_rate"]) == (6, 0, 0)
    assert (chance["clicks"], chance["difference"]) == (4, None)
    again = StringIO()
    call_command("bandit_replay", "rows", "--json", stdout=again)
    assert json.loads(again.getvalue()) == found
    text = StringIO()
    call_command("bandit_replay", "rows", stdout=text)
    assert "| as designed | 6 of 12 | 0 | 0.00 % (0.00 to 0.00) | -33.33 |" in text.getvalue()


def test_replay_says_what_is_missing(active_model: ModelVersion) -> None:
    with pytest.raises(CommandError, match="no experiment"):
        call_command("bandit_replay", "nothing")
    start_rows(thompson="thompson")
    with pytest.raises(CommandError, match="uniform"):
        call_command("bandit_replay", "rows")


def test_report_command_prints_tables_and_json(active_model: ModelVersion) -> None:
    start_rows(control="fixed", thompson="thompson")
    out, raw = StringIO(), StringIO()
    call_command("experiment_report", "rows", stdout=out)
    assert "| arm − control | metric |" in out.getvalue()
    call_command("experiment_report", "rows", "--json", stdout=raw)
    assert json.loads(raw.getvalue())["surface"] == "home_rows"
    with pytest.raises(CommandError, match="there are: rows"):
        call_command("experiment_report", "other")
