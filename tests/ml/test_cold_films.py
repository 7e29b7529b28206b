"""Rows for films that a network was not trained on: order, bounds, export, fine-tuning."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from recommender.ml.checkpoint import SavedModel, load_model
from recommender.ml.cold.content import FilmFacts
from recommender.ml.cold.films import (
    BoundedRows,
    DeltaLimits,
    NewFilms,
    choose_new_films,
    count_raters,
    grow_model,
    start_new_films,
)
from recommender.ml.export import export_model
from recommender.ml.finetuning import FinetuneConfig, fine_tune
from recommender.ml.histories import History
from recommender.ml.inference import InferenceModel
from recommender.ml.sequences import pad_right
from tests.ml.tiny_models import VARIANTS, movie_ids, small_model, write_small_model

NEW = np.array([5, 105, 1_000_000], dtype=np.int64)
COSINE = VARIANTS["rotary cosine"]


def saved_model(**options: object) -> SavedModel:
    model = small_model(**options)  # type: ignore[arg-type]
    popularity = np.full(model.num_items + 1, 9, dtype=np.int64)
    return SavedModel(model, movie_ids(), popularity, {})


def facts_of(*more: int) -> dict[int, FilmFacts]:
    """Films of two genres in turn, each with its word."""
    ids = [*movie_ids()[1:].tolist(), *more]
    return {
        pk: FilmFacts(f"Film {pk}", 1950 + pk % 60, (("Comedy", "Drama")[pk % 20 // 10],), "words")
        for pk in ids
    }


@pytest.mark.parametrize("name", VARIANTS)
def test_grown_network_says_the_same_of_the_films_it_knew(name: str) -> None:
    saved = saved_model(**VARIANTS[name])
    grown = grow_model(saved, start_new_films(saved, facts_of(*NEW.tolist()), NEW))
    assert (np.diff(grown.movie_ids) > 0).all()
    assert np.isin(NEW, grown.movie_ids).all()
    old = np.searchsorted(grown.movie_ids, movie_ids())
    history = torch.tensor([[3, 7, 20]])
    hidden = saved.model(history)
    regrown = grown.model(torch.from_numpy(old)[history])
    assert torch.allclose(hidden, regrown, atol=1e-6)
    rows = torch.from_numpy(old[1:] - 1)
    assert torch.equal(grown.model.output_vectors()[rows], saved.model.output_vectors())
    if grown.model.bias is not None and saved.model.bias is not None:
        assert torch.equal(grown.model.bias[rows], saved.model.bias)
    assert grown.popularity[np.searchsorted(grown.movie_ids, NEW)].tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", VARIANTS)
def test_grown_table_is_exported_so_that_onnx_equals_torch(name: str, tmp_path: Path) -> None:
    saved = saved_model(**VARIANTS[name])
    grown = grow_model(saved, start_new_films(saved, facts_of(*NEW.tolist()), NEW))
    card = {"model": {"max_seq_len": grown.model.config.max_seq_len}}
    export_model(tmp_path / "m", grown.model, grown.movie_ids, grown.popularity, card)
    served = InferenceModel.load(tmp_path / "m")
    places = served.index_of(NEW)
    assert served.movie_ids.tolist() == grown.movie_ids.tolist()
    assert (places > 0).all()
    histories = [np.array([places[2]]), np.array([1, places[0], 9, places[1]])]
    lengths = torch.tensor([1, 4])
    with torch.no_grad():
        hidden = grown.model.encode_last(torch.from_numpy(pad_right(histories)), lengths)
        scores = hidden @ grown.model.output_vectors().T
        if grown.model.bias is not None:
            scores = scores + grown.model.bias
    encoded = served.encode(histories)
    assert encoded == pytest.approx(hidden.numpy(), abs=2e-4)
    assert served.scores(encoded)[:, 1:] == pytest.approx(scores.numpy(), abs=5e-3)


def test_known_film_and_missing_part_are_refused() -> None:
    saved = saved_model(**COSINE)
    rows = np.zeros((1, 16), dtype=np.float32)
    with pytest.raises(ValueError, match="in the model already"):
        grow_model(saved, NewFilms(np.array([10]), rows, None, np.zeros(1, np.float32)))
    with pytest.raises(ValueError, match="has bias"):
        grow_model(saved, NewFilms(np.array([11]), rows, None, None))


def test_films_that_are_described_or_rated_deserve_a_row() -> None:
    facts = {10: FilmFacts("Known", 1990), 11: FilmFacts("New", 1991), 12: FilmFacts("Blank")}
    assert choose_new_films(facts, movie_ids(), []).tolist() == [11]
    assert choose_new_films(facts, movie_ids(), [12, 77]).tolist() == [11, 12]
    assert choose_new_films({}, movie_ids(), [12]).tolist() == []


def test_start_lies_with_films_of_the_same_content() -> None:
    saved = saved_model(**COSINE)
    facts = facts_of()
    table = saved.model.items.detach()
    comedy = torch.from_numpy(np.array([facts[pk].genres == ("Comedy",) for pk in facts]))
    table[comedy, 0] += 3.0
    table[~comedy, 0] -= 3.0
    new = {5: FilmFacts("C", 1980, ("Comedy",), "words"), 6: FilmFacts("D", 1980, ("Drama",))}
    start = start_new_films(saved, {**facts, **new}, np.array([5, 6]))
    assert start.items[0, 0] > 0.5 > -0.5 > start.items[1, 0]


def test_film_of_unknown_genre_or_no_text_gets_a_sound_row() -> None:
    saved = saved_model(**COSINE)
    new = {5: FilmFacts("A", None, ("Martian",)), 6: FilmFacts(""), 7: FilmFacts("B", 3000)}
    start = start_new_films(saved, {**facts_of(), **new}, np.array([5, 6, 7]))
    assert np.isfinite(start.items).all()
    assert start.bias is not None
    assert np.isfinite(start.bias).all()


def test_too_few_described_films_give_the_mean_row() -> None:
    saved = saved_model(tied=False, output_bias=True)
    start = start_new_films(saved, {5: FilmFacts("A", 1990)}, np.array([5]))
    assert start.items[0] == pytest.approx(saved.model.items.detach().numpy().mean(axis=0))
    assert start.outputs is not None
    assert start.bias is not None


def test_raters_are_counted_once_a_person() -> None:
    histories = [np.array([5, 10, 5]), np.array([105]), np.array([5, 20])]
    assert count_raters(histories, NEW).tolist() == [2, 1, 0]
    assert count_raters([], NEW).tolist() == [0, 0, 0]


def test_delta_is_lengthened_and_cut_to_its_bound_by_hand_computed_amounts() -> None:
    """5 raters of half 5 allow half the start's length 2, that is 1; nobody allows nothing."""
    model = small_model(output_bias=True)
    with torch.no_grad():
        model.items[:2] = 0.5  # 16 coordinates: length 2
    limits = DeltaLimits(vector_share=1.0, bias_range=2.0, half=5.0, rate=10.0)
    bounded = BoundedRows(model, np.array([0, 1]), np.array([5, 0]), limits)
    assert model.bias is not None
    starts = model.bias.detach()[:2].clone()
    bounded.remember()
    with torch.no_grad():
        model.items[:2, 0] += 0.05
        model.bias[:2] += 0.3
    bounded.settle()
    assert (model.items[0] - 0.5).norm().item() == pytest.approx(0.5, abs=1e-5)
    assert torch.equal(model.items[1], torch.full((16,), 0.5))
    assert (model.bias[:2] - starts).tolist() == pytest.approx([1.0, 0.0], abs=1e-5)
    bounded.remember()
    with torch.no_grad():
        model.items[0, 1] += 9.0
        model.bias[:2] -= 9.0
    bounded.settle()
    assert torch.equal(model.bias[:2], starts)  # never below the start
    assert (model.items[0] - 0.5).norm().item() == pytest.approx(1.0, abs=1e-5)


def tune(tmp_path: Path, histories: list[list[int]], facts: dict[int, FilmFacts]) -> SavedModel:
    if not (tmp_path / "base").exists():
        write_small_model(tmp_path / "base", **COSINE)
    report = fine_tune(
        tmp_path / "base",
        tmp_path / "tuned",
        histories=[History.of(history) for history in histories],
        replay=[],
        max_seconds=20,
        seed=3,
        config=FinetuneConfig(learning_rate=1e-2, max_passes=10),
        facts=facts,
    )
    tuned = load_model(tmp_path / "tuned" / "model.pt")
    assert report.new_films == len(tuned.movie_ids) - len(movie_ids())
    return tuned


def test_finetuning_gives_new_films_rows_that_never_leave_their_bounds(tmp_path: Path) -> None:
    facts = facts_of(*NEW.tolist())
    histories = [[10, 20, 5, 30], [20, 5, 40], [50, 105, 60]]
    tuned = tune(tmp_path, histories, facts)
    base = load_model(tmp_path / "base" / "model.pt")
    start = start_new_films(base, facts, NEW)
    rows = np.searchsorted(tuned.movie_ids, NEW) - 1
    moved = np.linalg.norm(tuned.model.items.detach().numpy()[rows] - start.items, axis=1)
    lengths = np.linalg.norm(start.items, axis=1)
    share = DeltaLimits().share_of(np.array([2, 1, 0]))
    assert (moved <= share * lengths + 2e-3 * lengths).all()  # float16 rounds
    assert moved[0] > 0.05 * lengths[0]
    assert moved[2] == pytest.approx(0.0, abs=float(2e-3 * lengths[2]))
    assert tuned.popularity[rows + 1].tolist() == [2, 1, 0]
    served = InferenceModel.load(tmp_path / "tuned")
    assert served.card["finetuning"]["new_films"] == 3
    assert np.isfinite(served.scores(served.encode([served.index_of([5, 1_000_000])]))[0, 1:]).all()


def test_rated_film_comes_nearer_to_those_it_is_watched_with(tmp_path: Path) -> None:
    facts = facts_of(5)
    tuned = tune(tmp_path, [[10, 20, 30, 5]] * 30, facts)
    base = load_model(tmp_path / "base" / "model.pt")
    untouched = grow_model(base, start_new_films(base, facts, np.array([5])))
    ranks = []
    for saved in (untouched, tuned):
        row = int(np.searchsorted(saved.movie_ids, 5)) - 1
        history = torch.from_numpy(np.searchsorted(saved.movie_ids, [[10, 20, 30]]))
        with torch.no_grad():
            hidden = saved.model.encode_last(history, torch.tensor([3]))
            scores = hidden @ saved.model.output_vectors().T
            assert saved.model.bias is not None
            scores = (scores + saved.model.bias)[0]
        ranks.append(int((scores >= scores[row]).sum()))
    assert ranks[1] < ranks[0]


def test_catalogue_without_new_films_changes_no_table_size(tmp_path: Path) -> None:
    tuned = tune(tmp_path, [[10, 20, 30]], facts_of())
    assert tuned.movie_ids.tolist() == movie_ids().tolist()


def test_new_films_alone_get_rows_without_a_single_step(tmp_path: Path) -> None:
    tuned = tune(tmp_path, [], facts_of(5))
    base = load_model(tmp_path / "base" / "model.pt")
    kept = np.searchsorted(tuned.movie_ids, movie_ids()[1:]) - 1
    assert torch.equal(tuned.model.items[torch.from_numpy(kept)], base.model.items)
