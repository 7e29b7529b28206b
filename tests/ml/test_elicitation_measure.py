"""The measurement of the welcome's posters, on a small network and made-up people."""

from pathlib import Path

import numpy as np
import pytest

from recommender.ml.cold.elicitation_measure import (
    Interview,
    Interviewer,
    find_targets,
    gather_respondents,
    make_methods,
    measure_elicitation,
)
from recommender.ml.cold.people import FilmTraits
from recommender.ml.errors import UsageError
from recommender.ml.inference import InferenceModel
from tests.ml.rating_heads import plain_head, taste_ratings
from tests.ml.tiny_models import NUM_ITEMS, movie_ids, write_small_model

FILMS = NUM_ITEMS + 1


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> InferenceModel:
    directory = tmp_path_factory.mktemp("elicitation") / "model"
    write_small_model(directory)
    rng = np.random.default_rng(0)
    plain_head(
        movie_ids=movie_ids(),
        bias=np.zeros(FILMS, dtype=np.float32),
        loadings=rng.normal(0, 0.5, (FILMS, 2)).astype(np.float32),
        noise=np.ones(FILMS, dtype=np.float32),
        doubt=np.zeros(FILMS, dtype=np.float32),
        leaning=np.zeros((FILMS, 2), dtype=np.float32),
    ).save(directory / "rating.npz")
    return InferenceModel.load(directory)


@pytest.fixture(scope="module")
def films() -> FilmTraits:
    genres = np.zeros((FILMS, 2), dtype=np.bool_)
    genres[1:, 0] = np.arange(1, FILMS) % 2 == 0
    genres[1:, 1] = ~genres[1:, 0]
    counts = np.concatenate([[0], np.arange(FILMS, 1, -1)])
    stars, years = np.zeros(FILMS, dtype=np.float32), np.full(FILMS, 1999)
    return FilmTraits(counts, stars, genres, ("Even", "Odd"), years)


def test_half_of_each_person_is_held_back_and_little_said_of_people_is_not_asked(
    model: InferenceModel, films: FilmTraits
) -> None:
    ratings = taste_ratings(40)
    people = gather_respondents(model, films, ratings)
    lengths = np.bincount(ratings.person)
    assert len(people) == (lengths >= 20).sum()
    for person in people:
        assert not set(person.known) & set(person.targets.tolist())
        assert abs(len(person.known) - len(person.targets)) <= 1
    again = gather_respondents(model, films, ratings)
    assert [person.known for person in again] == [person.known for person in people]


def test_pages_repeat_no_film_and_keep_to_the_chosen_genres(
    model: InferenceModel, films: FilmTraits
) -> None:
    person = gather_respondents(model, films, taste_ratings(40))[0]
    for method in make_methods(Interviewer.prepare(model, films), films).values():
        so_far = Interview()
        for _ in range(2):
            page = method(person, so_far)
            assert len(set(page)) == len(page)
            assert not set(page) & set(so_far.shown)
            so_far.shown += page
            so_far.rated += [film for film in page if film in person.known]


def test_what_is_known_is_left_out_of_the_ranking(model: InferenceModel, films: FilmTraits) -> None:
    person = gather_respondents(model, films, taste_ratings(40))[0]
    everything = set(range(1, FILMS)) - set(person.targets.tolist())
    for film in everything:
        person.known.setdefault(film, 3.0)  # type: ignore[attr-defined]
    assert find_targets(model, films, [person], [Interview()]) == pytest.approx([1.0])


def test_each_method_is_compared_with_what_is_served(
    model: InferenceModel, films: FilmTraits
) -> None:
    people = gather_respondents(model, films, taste_ratings(30))
    tables = measure_elicitation(model, films, people)
    assert set(tables) == set(make_methods(Interviewer.prepare(model, films), films))
    for page in tables["most telling"]:
        assert page["ndcg_lead"] == [0.0, 0.0, 0.0]
    for name, pages in tables.items():
        rated = [page["rated"] for page in pages]
        assert rated == sorted(rated), name
        for page, served in zip(pages, tables["most telling"], strict=True):
            lead = served["error"] - page["error"]
            assert page["error_lead"][0] == pytest.approx(lead)


def test_model_that_predicts_no_stars_is_refused(tmp_path: Path, films: FilmTraits) -> None:
    write_small_model(tmp_path / "model")
    with pytest.raises(UsageError, match="fit-ratings"):
        Interviewer.prepare(InferenceModel.load(tmp_path / "model"), films)
