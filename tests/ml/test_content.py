"""Content as features, and the map from it, by hand-computed cases."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.cold import sentence_embeddings
from recommender.ml.cold.content import (
    FilmFacts,
    build_features,
    gather_facts,
    load_texts,
    lsa_vectors,
)
from recommender.ml.cold.content_map import ContentMap, Ridge
from recommender.ml.cold.content_text import reduce_terms, split_terms, weigh_terms
from recommender.ml.datasets import MovieInfo
from recommender.ml.errors import UsageError


def test_terms_are_words_and_neighbouring_pairs() -> None:
    assert split_terms("A Space, battle!") == ["a", "space", "battle", "a space", "space battle"]
    assert split_terms("") == []


def test_weights_follow_count_and_rarity_and_rows_have_length_one() -> None:
    documents = [["x", "x", "y"], ["x"], ["y", "z"], []]
    matrix = weigh_terms(documents, min_documents=1, max_share=1.0).toarray()
    rare = {"x": np.log(3 / 2) + 1, "y": np.log(3 / 2) + 1, "z": np.log(3) + 1}
    first = np.array([(1 + np.log(2)) * rare["x"], rare["y"], 0.0])
    assert matrix[0] == pytest.approx(first / np.linalg.norm(first), abs=1e-6)
    assert matrix[1].tolist() == [1.0, 0.0, 0.0]
    assert not matrix[3].any()


def test_terms_of_too_few_or_too_many_documents_are_left_out() -> None:
    documents = [["all", f"own{n}", "half" if n % 2 else "other"] for n in range(10)]
    assert weigh_terms(documents, min_documents=3, max_share=0.6).shape == (10, 2)


def test_reduction_keeps_what_a_low_rank_matrix_holds() -> None:
    documents = [["a", "b"]] * 6 + [["c", "d"]] * 4
    matrix = weigh_terms(documents, max_share=1.0)
    reduced = reduce_terms(matrix, 5)
    assert reduced.shape == (10, 5)
    assert reduced @ reduced.T == pytest.approx((matrix @ matrix.T).toarray(), abs=1e-4)
    assert np.abs(reduced[:, 2:]).max() < 1e-4


def test_films_of_which_nothing_is_known_have_features_of_zeros() -> None:
    films = [FilmFacts("A", 1994, ("Comedy",), "x y"), FilmFacts("B"), FilmFacts("C", None, ())]
    features = build_features(films)
    assert features[0].any()
    assert not features[1:].any()
    assert films[1].is_blank
    assert not films[0].is_blank


def test_no_texts_at_all_give_vectors_of_zeros() -> None:
    assert not lsa_vectors(["", " "], rank=4).any()
    assert build_features([]).shape[0] == 0


def test_word_for_no_genre_is_no_genre() -> None:
    film = FilmFacts("A", genres=("(no genres listed)",))
    assert film.known_genres == ()
    assert film.is_blank


def test_year_bells_are_nearest_for_near_years() -> None:
    years = build_features([FilmFacts(year=y) for y in (1990, 1993, 1950)])
    near, far = years[0] @ years[1], years[0] @ years[2]
    assert near > 0.9
    assert far < 0.1


def test_facts_join_movies_with_their_texts_and_tags() -> None:
    movies = {1: MovieInfo("Toy Story", 1995, ("Animation",)), 2: MovieInfo("Heat", 1995, ())}
    facts = gather_facts(movies, {1: "Toys live.", 9: "?"}, {2: ["heist"]})
    assert facts[1] == FilmFacts("Toy Story", 1995, ("Animation",), "Toys live.")
    assert facts[2].tags == ("heist",)
    assert set(facts) == {1, 2}


def test_texts_are_read_from_json_lines(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl.gz"
    with gzip.open(path, "wt") as stream:
        stream.write(json.dumps({"movieId": 1, "extract": "Toys."}) + "\n")
        stream.write(json.dumps({"movieId": 2, "extract": None}) + "\n")
    assert load_texts(path) == {1: "Toys.", 2: ""}


def test_broken_text_file_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text('{"movieId": 1, "extract": "x"}\n{"movieId": 2}\n')
    with pytest.raises(UsageError, match=r"texts\.jsonl, line 2"):
        load_texts(path)
    with pytest.raises(UsageError, match=r"none\.jsonl: cannot be read"):
        load_texts(tmp_path / "none.jsonl")


def test_ridge_map_is_the_hand_computed_one() -> None:
    """x = 0, 2 with support 1, 3: centre 1.5; shares 1/4, 3/4 times 2 weigh the squares."""
    features = np.array([[0.0], [2.0]], dtype=np.float32)
    targets = np.array([[1.0], [5.0]], dtype=np.float32)
    ridge = Ridge.fit(features, targets, np.array([1.0, 3.0]), penalty=0.5)
    gram = 2 * (0.25 * 1.5**2 + 0.75 * 0.5**2)
    cross = 2 * (0.25 * -1.5 * -3.0 + 0.75 * 0.5 * 1.0)
    weight = cross / (gram + 0.5)
    assert ridge.centre.tolist() == [1.5]
    assert ridge.level.tolist() == [4.0]
    assert ridge.weights[0, 0] == pytest.approx(weight)
    assert ridge.predict(np.array([[3.0]], np.float32))[0, 0] == pytest.approx(4 + 1.5 * weight)


def test_map_finds_the_vectors_of_films_it_did_not_see() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((300, 6)).astype(np.float32)
    vectors = (features @ rng.standard_normal((6, 8))).astype(np.float32)
    learned = ContentMap.fit(features[:250], vectors[:250], None, np.full(250, 50))
    found = learned.predict_vectors(features[250:])
    true = vectors[250:]
    cosine = (found * true).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(true, axis=1)
    assert learned.check_cosine > 0.9
    assert cosine.mean() > 0.9
    assert learned.predict_bias(features) is None


def test_length_and_bias_stay_within_what_known_films_have() -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((200, 3)).astype(np.float32)
    vectors = rng.standard_normal((200, 4)).astype(np.float32)
    bias = (5 * features[:, 0]).astype(np.float32)
    learned = ContentMap.fit(features, vectors, bias, np.full(200, 50))
    extreme = 100 * np.eye(3, dtype=np.float32)
    lengths = np.linalg.norm(learned.predict_vectors(extreme), axis=1)
    assert (lengths >= learned.length_range[0] - 1e-5).all()
    assert (lengths <= learned.length_range[1] + 1e-5).all()
    predicted = learned.predict_bias(extreme)
    assert predicted is not None
    assert predicted.max() <= learned.bias_range[1] + 1e-6
    assert predicted[0] == pytest.approx(np.quantile(bias, 0.95), abs=1e-5)


def test_missing_sentence_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sentence_embeddings, "PACKAGE", "no_such_package")
    with pytest.raises(UsageError, match="is not installed"):
        sentence_embeddings.embed_sentences(["A film."])
