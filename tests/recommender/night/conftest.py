"""Movie nights in the making."""

from collections.abc import Callable

import pytest

from accounts.models import User
from recommender.night.models import MovieNight, NightFilm
from recommender.night.services import create_night, join_night
from recommender.night.voting import start_vote

Gather = Callable[..., tuple[MovieNight, list[User]]]
RULE = MovieNight.Rule.WITHOUT_MISERY


def make_person(name: str) -> User:
    return User.objects.create_user(name, password=f"{name}'s password")


def gather_people(
    count: int = 3, *, rule: str = RULE, prefix: str = ""
) -> tuple[MovieNight, list[User]]:
    """Open a night for so many people, the first of whom is its host."""
    people = [make_person(f"{prefix}person{number}") for number in range(1, count + 1)]
    night = create_night(host=people[0], name="Person 1", rule=rule)
    for number, person in enumerate(people[1:], start=2):
        join_night(user=person, slug=night.invite_slug or "", name=f"Person {number}")
    night.refresh_from_db()
    return night, people


def get_film_ids(night: MovieNight) -> list[int]:
    """Return the ids of what is up for the vote, in its order."""
    films = NightFilm.objects.filter(night=night, round=night.round).order_by("rank")
    return list(films.values_list("pk", flat=True))


def begin_vote(count: int = 3, *, prefix: str = "") -> tuple[MovieNight, list[User], list[int]]:
    """Return a night whose vote is on, its people and its films."""
    night, people = gather_people(count, prefix=prefix)
    night = start_vote(host=people[0], night_id=night.pk)
    return night, people, get_film_ids(night)


@pytest.fixture
def gather(db: None) -> Gather:
    return gather_people
