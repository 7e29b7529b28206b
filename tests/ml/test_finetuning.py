"""Fine-tuning replays old histories beside the new ones, and ends when its seconds do."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.finetuning import FinetuneConfig, FinetuneReport, draw_replay, fine_tune
from recommender.ml.histories import History
from tests.ml.tiny_models import NUM_ITEMS, write_small_model

NEW = [History.of([10, 20, 30, 40]), History.of([50, 60, 70])]
OLD = [History.of([10 * pk, 10 * pk + 10, 10 * pk + 20]) for pk in range(1, NUM_ITEMS - 2)]
MANY_STEPS = FinetuneConfig(tokens_per_batch=16, max_passes=50, min_replay=40)


def tune(
    tmp_path: Path, replay: list[History], *, config: FinetuneConfig, seconds: float = 1e9
) -> FinetuneReport:
    """Fine-tune with a clock that goes on by one second whenever it is read."""
    if not (tmp_path / "base").exists():
        write_small_model(tmp_path / "base")
    return fine_tune(
        tmp_path / "base",
        tmp_path / "tuned",
        histories=NEW,
        replay=replay,
        max_seconds=seconds,
        seed=3,
        config=config,
        clock=itertools.count(1000.0).__next__,
    )


@pytest.mark.parametrize(("ratio", "least", "wanted"), [(4.0, 0, 20), (0.5, 7, 7), (2.0, 7, 10)])
def test_replay_is_as_much_as_the_ratio_and_the_minimum_ask_and_nobody_comes_twice(
    ratio: float, least: int, wanted: int
) -> None:
    # Two predictions each; the film numbers tell people apart.
    people = [np.array([pk, pk, pk]) for pk in range(30)]
    options = FinetuneConfig(replay_ratio=ratio, min_replay=least)
    drawn = draw_replay(people, len_new=5, options=options, rng=np.random.default_rng(1))
    assert len(drawn) == -(-wanted // 2)
    assert len({int(person[0]) for person in drawn}) == len(drawn)
    others = draw_replay(people, len_new=5, options=options, rng=np.random.default_rng(2))
    assert [int(person[0]) for person in others] != [int(person[0]) for person in drawn]


def test_replay_ends_where_everybody_was_drawn() -> None:
    people = [np.array([pk, pk]) for pk in range(3)]
    rng = np.random.default_rng(1)
    assert len(draw_replay(people, len_new=90, options=FinetuneConfig(), rng=rng)) == 3


def test_old_histories_are_trained_on_beside_the_new_ones(tmp_path: Path) -> None:
    config = FinetuneConfig(tokens_per_batch=16, max_passes=1, min_replay=40)
    alone = tune(tmp_path, [], config=config)
    beside = tune(tmp_path, OLD, config=config)
    # Twenty old people of two predictions each, and two new ones with five in all.
    assert alone.steps <= 2
    assert beside.steps >= alone.steps + 2
    card = json.loads((tmp_path / "tuned" / "card.json").read_text())["finetuning"]
    assert (card["new_people"], card["replayed_people"]) == (2, 20)


@pytest.mark.parametrize(("seconds", "steps"), [(0.0, 1), (1.0, 1), (3.0, 3), (3.5, 4)])
def test_no_step_begins_once_the_seconds_are_over(
    tmp_path: Path, seconds: float, steps: int
) -> None:
    assert tune(tmp_path, OLD, config=MANY_STEPS, seconds=seconds).steps == steps


def test_passes_end_what_the_seconds_do_not(tmp_path: Path) -> None:
    config = FinetuneConfig(max_passes=3, min_replay=40)
    assert tune(tmp_path, OLD, config=config).steps == 3
