"""What the bench serves: 62,423 films, the shipped model grown to all of them, people with tokens.

The people and their histories are real, those of the data set that ships with the site.
"""

from __future__ import annotations

import csv
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import call_command
from django.db import connection
from django.db.models import Count
from django.utils import timezone
from numpy.typing import NDArray

from accounts.models import ApiToken, User
from accounts.tokens import hash_key
from catalog.models import Genre, Movie
from catalog.services import bump_catalogue_version
from catalog.text import normalise_title, split_title
from recommender.ml.inference import ENCODER_FILE, OCCLUSION_FILE, InferenceModel
from recommender.model_versions import install_model
from recommender.models import ModelVersion

NUM_MOVIES = 62_423
MIN_HISTORY = 20
LAST_MOVIE_ID = 209_171
NOISE = 0.25
GROWN = "shipped, grown to the catalogue"


@dataclass(frozen=True)
class Person:
    """Somebody with a history, their API token and the cookie of their browser."""

    user_id: int
    token: str
    cookie: str


def populate(home: Path, *, people: int) -> list[Person]:
    """Fill the database, unless an earlier run has; return so many people."""
    call_command("prepare", verbosity=0)
    # A home that is kept may have been given a newer shipped model since.
    if not ModelVersion.objects.filter(name=GROWN, is_active=True).exists():
        _add_movies()
        directory = home / "grown-model"
        grow_model(settings.SHIPPED_MODEL_DIR, directory, _all_movie_ids())
        install_model(directory=directory, name=GROWN, activate=True)
    return list(_admit_people(people))


def _all_movie_ids() -> NDArray[np.int64]:
    return np.array(list(Movie.objects.order_by("pk").values_list("pk", flat=True)), dtype=np.int64)


def _add_movies() -> None:
    """Bring the catalogue to 62,423 films: those of a movies.csv that is given, else made up."""
    rng = np.random.default_rng(25)
    here = set(_all_movie_ids().tolist())
    if len(here) >= NUM_MOVIES:
        return
    genres = {genre.name: genre.pk for genre in Genre.objects.all()}
    names = sorted(genres)
    movies, links = [], []
    for pk, title, year, named in _more_movies(here, NUM_MOVIES - len(here), rng, names):
        movies.append(
            Movie(
                pk=pk,
                title=title,
                search_title=normalise_title(title)[:500],
                year=year,
                rating_count=int(rng.zipf(1.8)) % 50,
                rating_mean=float(rng.integers(2, 10)) / 2,
            )
        )
        links += [(pk, genres[name]) for name in named if name in genres]
    Movie.objects.bulk_create(movies, batch_size=5000)
    through = Movie.genres.through
    through.objects.bulk_create(
        (through(movie_id=pk, genre_id=genre) for pk, genre in links), batch_size=10_000
    )
    bump_catalogue_version()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _more_movies(
    here: set[int], count: int, rng: np.random.Generator, names: list[str]
) -> Iterator[tuple[int, str, int | None, list[str]]]:
    found = _find_movies_csv()
    taken = set(here)
    if found is not None:
        with found.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                if count and int(row["movieId"]) not in here:
                    title, year = split_title(row["title"])
                    taken.add(int(row["movieId"]))
                    count -= 1
                    yield int(row["movieId"]), title or "?", year, row["genres"].split("|")
    free = np.setdiff1d(np.arange(1, LAST_MOVIE_ID + 1), np.array(sorted(taken)))
    for pk in np.sort(rng.choice(free, count, replace=False)).tolist():
        chosen = rng.choice(names, int(rng.integers(1, 4)), replace=False).tolist()
        yield pk, f"Made-up film {pk}", int(rng.integers(1930, 2020)), chosen


def _find_movies_csv() -> Path | None:
    """Return the longest movies.csv below MOVIESHOW_DATA; None where there is none."""
    root = os.environ.get("MOVIESHOW_DATA", "")
    files = list(Path(root).glob("**/movies.csv")) if root else []
    return max(files, key=lambda path: path.stat().st_size, default=None)


def grow_model(source: Path, target: Path, movie_ids: NDArray[np.int64]) -> None:
    """Write a copy of a model whose item table has a row for each of `movie_ids`.

    Films that it does not know get the vector of one that it does, and noise: as unlike each other
    as real ones, so that top-k, diversity and approximate search have real work.
    """
    # Here, because it imports torch.
    from recommender.ml.export import ITEMS_FILE, write_items

    rng = np.random.default_rng(62)
    with np.load(source / ITEMS_FILE) as archive:
        arrays = {name: archive[name] for name in archive.files}
    known = InferenceModel.load(source).index_of(movie_ids)
    real = np.flatnonzero(arrays["movie_ids"])
    rows = np.where(known > 0, known, rng.choice(real, len(movie_ids)))
    rows = np.concatenate([[0], rows])
    is_new = np.concatenate([[False], known == 0])
    grown = {name: array[rows] for name, array in arrays.items()}
    vectors = grown["item_vectors"].astype(np.float32)
    spread = NOISE * vectors[1:].std()
    noise = rng.normal(0.0, spread, (int(is_new.sum()), vectors.shape[1]))
    vectors[is_new] += noise.astype(np.float32)
    grown["item_vectors"] = vectors.astype(arrays["item_vectors"].dtype)
    grown["movie_ids"] = np.concatenate([[0], movie_ids])
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    offset = write_items(target / ITEMS_FILE, grown)
    _point_graphs_at_table(source, target, offset, len(movie_ids))
    for name in ("card.json", "rating.npz"):
        if (source / name).exists():
            shutil.copy(source / name, target / name)


def _point_graphs_at_table(source: Path, target: Path, offset: int, num_items: int) -> None:
    from recommender.ml.occlusion_graph import share_constants

    encoder = onnx.load(str(source / ENCODER_FILE), load_external_data=False)
    _point_at_table(encoder, offset, num_items)
    raw = encoder.SerializeToString()
    (target / ENCODER_FILE).write_bytes(raw)
    if not (source / OCCLUSION_FILE).exists():
        return
    occluder = onnx.load(str(source / OCCLUSION_FILE), load_external_data=False)
    _point_at_table(occluder, offset, num_items)
    weights = (source / ENCODER_FILE).read_bytes()
    for tensor in occluder.graph.initializer:
        place = {entry.key: entry.value for entry in tensor.external_data}
        if place.get("location") == ENCODER_FILE:
            start = int(place["offset"])
            tensor.raw_data = weights[start : start + int(place["length"])]
            tensor.data_location = onnx.TensorProto.DEFAULT
            tensor.ClearField("external_data")
    share_constants(occluder, raw, location=ENCODER_FILE)
    (target / OCCLUSION_FILE).write_bytes(occluder.SerializeToString())


def _point_at_table(graph: onnx.ModelProto, offset: int, num_items: int) -> None:
    table = next(tensor for tensor in graph.graph.initializer if tensor.name == "items")
    row_bytes = 2 * table.dims[1]
    table.dims[0] = num_items
    place = {"offset": str(offset + row_bytes), "length": str(row_bytes * num_items)}
    for entry in table.external_data:
        entry.value = place.get(entry.key, entry.value)


def _admit_people(people: int) -> Iterator[Person]:
    users = list(
        User.objects.annotate(films=Count("ratings"))
        .filter(films__gte=MIN_HISTORY)
        .order_by("pk")[:people]
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO recommender_tasteprofile (user_id, version)"
            " SELECT id, 1 FROM accounts_user ON CONFLICT DO NOTHING"
        )
    User.objects.filter(pk__in=[user.pk for user in users]).update(is_active=True)
    ApiToken.objects.filter(name="bench").delete()
    keys = [f"ms_bench{user.pk:08d}{'x' * 28}" for user in users]
    ApiToken.objects.bulk_create(
        ApiToken(user=user, name="bench", key_hash=hash_key(key), last_used_at=timezone.now())
        for user, key in zip(users, keys, strict=True)
    )
    for user, key in zip(users, keys, strict=True):
        session = SessionStore()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        yield Person(user.pk, key, f"{settings.SESSION_COOKIE_NAME}={session.session_key}")


def refresh_tastes(user_ids: list[int]) -> None:
    """Give each of these people a new taste version, so that nothing kept is theirs."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE recommender_tasteprofile SET version = version + 1 WHERE user_id = ANY(%s)",
            [user_ids],
        )
