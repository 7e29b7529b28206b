"""A small catalogue in Postgres, and homes of their own for model files."""

import dataclasses
import datetime
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import numpy as np
import pytest
import torch
from django.conf import settings as django_settings
from django.core.cache import cache as site_cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings
from rest_framework.test import APIClient

from accounts.models import User
from catalog.models import Availability, Genre, Movie, Rating, Service
from catalog.services import bump_catalogue_version
from recommender.experiments.arms import get_live_experiments
from recommender.feedback.noting import noted
from recommender.ml.checkpoint import load_model
from recommender.ml.config import ExperimentConfig, InitialisationConfig, TrainingConfig
from recommender.ml.export import export_model
from recommender.ml.losses import LossConfig
from recommender.ml.training import Trainer, TrainingData
from recommender.ml.transformer import ModelConfig
from recommender.model_versions import install_model
from recommender.models import ModelVersion
from recommender.redis_connection import breaker, redis_guard
from recommender.serving import model_server

GENRES = ("Action", "Comedy", "Drama")
NUM_MOVIES = 60


@pytest.fixture(autouse=True)
def fresh_process(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Start each test as a new web process would: nothing loaded, nothing cached, no files."""
    settings.MOVIESHOW_HOME = tmp_path / "home"
    settings.FINETUNE_MIN_RATINGS = 1  # the tests of the setting set it anew
    settings.STORAGES = {
        **settings.STORAGES,
        "artifacts": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path / "home" / "artifacts"},
        },
    }
    model_server.forget()
    noted.clear()
    get_live_experiments.cache_clear()
    breaker.record_success()
    with redis_guard() as client:
        client.flushdb()
    # What throttles have counted.
    site_cache.clear()
    yield
    model_server.forget()
    breaker.record_success()


@pytest.fixture
def catalogue(db: None) -> list[Movie]:
    """Sixty films, ids 1 to 60, of three genres in turn; the lower the id the more rated."""
    genres = [Genre.objects.create(name=name, slug=name.lower()) for name in GENRES]
    movies = Movie.objects.bulk_create(
        Movie(
            pk=number,
            title=f"Film {number}",
            search_title=f"film {number}",
            year=1960 + number,
            rating_count=10 * (NUM_MOVIES - number),
            rating_mean=3.0 + (number % 3) / 2,
        )
        for number in range(1, NUM_MOVIES + 1)
    )
    through = Movie.genres.through
    through.objects.bulk_create(
        through(movie_id=movie.pk, genre_id=genres[movie.pk % 3].pk) for movie in movies
    )
    bump_catalogue_version()
    return list(movies)


@pytest.fixture
def services(catalogue: list[Movie]) -> list[Service]:
    """Two services: the first has films 2, 5, 8 …, the second all others but 59 and 60."""
    made = [Service.objects.create(slug=name.lower(), name=name) for name in ("Mine", "Other")]
    Availability.objects.bulk_create(
        Availability(movie_id=pk, service=made[0 if pk % 3 == 2 else 1], country="US")
        for pk in range(1, 59)
    )
    Movie.objects.filter(pk__lte=40).update(runtime_minutes=150)
    Movie.objects.filter(pk__in=(2, 3, 5, 8, 11)).update(runtime_minutes=95)
    bump_catalogue_version()
    return made


@pytest.fixture
def viewer(db: None) -> User:
    """A member."""
    return User.objects.create_user("viewer", password="viewer's password")


@pytest.fixture
def browser(viewer: User) -> Client:
    """A browser logged in as the viewer."""
    client = Client()
    client.force_login(viewer)
    return client


@pytest.fixture
def api(viewer: User) -> APIClient:
    """A client of the API logged in as the viewer."""
    client = APIClient()
    client.force_authenticate(viewer)
    return client


Watch = Callable[..., None]


@pytest.fixture
def watch(catalogue: list[Movie]) -> Watch:
    """Write a history in order, past the services: no events, no jobs."""

    def write(user: User, *movie_ids: int, stars: float = 4.0) -> None:
        now = timezone.now() - datetime.timedelta(days=1)
        Rating.objects.bulk_create(
            Rating(
                user=user,
                movie_id=movie_id,
                stars=stars,
                watched_at=now + datetime.timedelta(seconds=place),
            )
            for place, movie_id in enumerate(movie_ids)
        )

    return write


def make_histories(people: int, seed: int) -> list[np.ndarray]:
    """Return item_idx histories that walk up or down the films of one genre: order is learnable."""
    rng = np.random.default_rng(seed)
    histories = []
    for _ in range(people):
        first, step = int(rng.integers(1, NUM_MOVIES + 1)), 3
        walk = (first - 1 + step * np.arange(int(rng.integers(7, 14)))) % NUM_MOVIES + 1
        histories.append(walk.astype(np.int32))
    return histories


@pytest.fixture(scope="session")
def model_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model of the sixty films, trained and exported in seconds."""
    torch.set_num_threads(1)
    movie_ids = np.arange(NUM_MOVIES + 1, dtype=np.int64)
    config = ExperimentConfig(
        name="tiny",
        model=ModelConfig(
            embedding_dim=16, num_heads=2, num_blocks=1, ffn_dim=32, max_seq_len=16, dropout=0.0
        ),
        loss=LossConfig(kind="cross_entropy"),
        initialisation=InitialisationConfig(kind="random"),
        training=TrainingConfig(
            epochs=12, tokens_per_batch=256, learning_rate=1e-2, warmup_steps=5, precision="fp32"
        ),
    )
    train = make_histories(150, seed=1)
    trainer = Trainer(config, TrainingData(train, make_histories(30, seed=2), movie_ids))
    model = trainer.run()
    popularity = np.bincount(np.concatenate(train), minlength=NUM_MOVIES + 1)
    popularity[0] = 0
    directory = tmp_path_factory.mktemp("models") / "tiny"
    card = {"name": "tiny", "model": dataclasses.asdict(config.model), "license": "for tests"}
    export_model(directory, model, movie_ids, popularity.astype(np.int64), card)
    return directory


@pytest.fixture(scope="session")
def spoilt_directory(model_directory: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model with its weights lost: a model that can be served and knows nothing."""
    saved = load_model(model_directory / "model.pt")
    torch.manual_seed(5)
    for parameter in saved.model.parameters():
        torch.nn.init.normal_(parameter)
    directory = tmp_path_factory.mktemp("models") / "spoilt"
    card = {"name": "tiny", "model": dataclasses.asdict(saved.model.config)}
    export_model(directory, saved.model, saved.movie_ids, saved.popularity, card)
    return directory


@pytest.fixture
def active_model(catalogue: list[Movie], model_directory: Path) -> ModelVersion:
    """The tiny model, installed and active."""
    return install_model(directory=model_directory, activate=True)


def make_environment() -> dict[str, str]:
    """Return the environment in which another process sees this test's database and files."""
    given = urlsplit(os.environ["DATABASE_URL"])
    ours = given._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(ours),
        "MOVIESHOW_HOME": str(django_settings.MOVIESHOW_HOME),
        "REDIS_URL": django_settings.REDIS_URL,
        "SECRET_KEY": django_settings.SECRET_KEY,
    }


@pytest.fixture
def audience(catalogue: list[Movie]) -> None:
    """Two hundred and fifty imported people: twenty-five for the guardrail, the rest to replay."""
    people = User.objects.bulk_create(
        User(username=f"set-{number}", dataset="set", dataset_user_id=number)
        for number in range(250)
    )
    now = timezone.now() - timedelta(days=1)
    Rating.objects.bulk_create(
        Rating(user=person, movie_id=movie_id, stars=4, watched_at=now + timedelta(seconds=place))
        for person, history in zip(people, make_histories(250, seed=3), strict=True)
        for place, movie_id in enumerate(dict.fromkeys(history.tolist()))
    )
