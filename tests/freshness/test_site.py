"""A year on a real site: people rate through the services, the real job refreshes the model."""

from pathlib import Path

import numpy as np
import pytest
from pytest_django.fixtures import Settings

from accounts.models import User
from catalog.models import Movie, Rating, RatingEvent, Tag
from recommender.ml.inference import read_movie_ids
from recommender.models import ModelVersion
from tests.freshness.measure import Audience, WindowMeasurement
from tests.freshness.protocol import make_window
from tests.freshness.site import DATA_SET, Site
from tests.freshness.tags import TagRow
from tests.freshness.training import ModelShelf
from tests.freshness.worlds import OLD_FILMS, at, make_world, tiny_config

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, MOVIES = make_world()
CUTOFF = at(2012)


@pytest.fixture(autouse=True)
def own_home(settings: Settings, tmp_path: Path) -> None:
    settings.FINETUNE_MAX_SECONDS = 5
    settings.MOVIESHOW_HOME = tmp_path / "home"
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "home" / "artifacts"},
        },
    }


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> ModelShelf:
    return ModelShelf(tmp_path_factory.mktemp("models"), tiny_config(), MOVIES)


def make_site(shelf: ModelShelf, tags: tuple[TagRow, ...] = ()) -> Site:
    model = shelf.train_until(PEOPLE, CUTOFF).folder
    return Site(PEOPLE, MOVIES, tags, cutoff=CUTOFF, model=model)


def test_site_knows_nothing_of_the_time_after_its_cutoff(shelf: ModelShelf) -> None:
    tags = (TagRow(0, 1, "early", CUTOFF - 1), TagRow(0, 1, "late", CUTOFF))
    site = make_site(shelf, tags)
    before = PEOPLE.select_rows(PEOPLE.timestamp < CUTOFF)
    assert Rating.objects.count() == len(before)
    assert set(User.objects.values_list("dataset", flat=True)) == {DATA_SET}
    assert set(Movie.objects.values_list("pk", flat=True)) == set(before.movie_id.tolist())
    assert list(Tag.objects.values_list("text", flat=True)) == ["early"]
    assert site.now == CUTOFF


def test_who_rates_on_is_a_member_with_their_whole_history_so_far(shelf: ModelShelf) -> None:
    site, until = make_site(shelf), at(2012, 7)
    new = site.let_time_pass(until)
    times = PEOPLE.timestamp
    assert new == ((times >= CUTOFF) & (times < until)).sum()
    active = np.unique(PEOPLE.person[(times >= CUTOFF) & (times < until)])
    assert User.objects.filter(dataset="").count() == len(active)
    for person in active.tolist():
        rows = PEOPLE.history(person)
        truth = PEOPLE.movie_id[rows][times[rows] < until].tolist()
        history = Rating.objects.filter(user=site.members[person]).order_by("watched_at", "id")
        assert list(history.values_list("movie_id", flat=True)) == truth
    site.let_time_pass(at(2013))
    members = Rating.objects.filter(user__dataset="")
    assert RatingEvent.objects.count() == members.count()
    assert max(rating.watched_at.year for rating in members) == 2012


def test_job_publishes_a_model_that_knows_the_films_of_the_year(shelf: ModelShelf) -> None:
    site = make_site(shelf)
    base = ModelVersion.objects.get(is_active=True)
    site.let_time_pass(at(2012, 10))
    found = site.refresh()
    tuned = ModelVersion.objects.get(is_active=True)
    assert found.status in {"published", "rejected"}
    assert found.training["steps"] > 0
    assert found.training["new_films"] > 0
    assert found.cost.seconds >= found.cost.cpu_seconds / 2 > 0
    if found.status == "published":
        assert tuned.base_id == base.pk
        assert read_movie_ids(found.folder).max() > OLD_FILMS
    else:
        assert tuned == base


def test_models_are_trained_once_on_ratings_before_their_moment(shelf: ModelShelf) -> None:
    early = shelf.train_until(PEOPLE, CUTOFF)
    written_at = (early.folder / "card.json").stat().st_mtime_ns
    assert shelf.train_until(PEOPLE, CUTOFF) == early
    assert (early.folder / "card.json").stat().st_mtime_ns == written_at
    late = shelf.train_until(PEOPLE, at(2013))
    assert late.folder != early.folder
    assert read_movie_ids(early.folder).max() <= OLD_FILMS < read_movie_ids(late.folder).max()


def test_window_is_measured_from_end_to_end(shelf: ModelShelf) -> None:
    audience = Audience(PEOPLE, MOVIES, ())
    window = make_window(2012, steps=2)
    result = WindowMeasurement(audience, window, shelf).run()
    asked = result.asked
    assert len(asked["person"]) == result.record["steps"][0]["questions"] > 0
    is_new = asked["is_new_film"]
    assert is_new.any()
    assert asked["frozen ndcg@10"][is_new].sum() == 0  # the frozen model cannot know them
    assert asked["was_trained_on"].any()
    assert not asked["was_trained_on"].all()
    assert len(result.old["person"]) > 0
    assert set(result.old) == {
        "person",
        *(
            f"{model} {metric}"
            for model in ("frozen", "fine-tuned")
            for metric in ("ndcg@10", "hit@10")
        ),
    }
