"""Training: it learns, repeats itself exactly, and goes on where it stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from recommender.ml.datasets import MovieInfo
from recommender.ml.errors import ArtifactError, TrainingError
from recommender.ml.optimisation import WeightAverage, learning_rate_at
from recommender.ml.sequences import Batch
from recommender.ml.themes import ItemThemes
from recommender.ml.training import Trainer
from tests.ml.tiny_models import tiny_config, walk_histories

RECORDED = ("train_loss", "validation_loss", "hit_at_10", "ndcg_at_10")


def _figures(trainer: Trainer) -> list[tuple[float, ...]]:
    return [tuple(getattr(record, name) for name in RECORDED) for record in trainer.records]


def _weights(trainer: Trainer) -> list[np.ndarray]:
    return [p.detach().numpy().copy() for p in trainer.model.parameters()]


@pytest.mark.parametrize("kind", ["cross_entropy", "sampled_softmax", "gbce"])
def test_a_tiny_set_is_learned_by_heart(kind: Any) -> None:
    config = tiny_config(epochs=40, patience=40, warmup_steps=5, learning_rate=0.01)
    config = replace(config, loss=replace(config.loss, kind=kind, num_negatives=32))
    config = replace(config, model=replace(config.model, dropout=0.0))
    trainer = Trainer(config, walk_histories())
    trainer.run()
    assert trainer.best_record.hit_at_10 == 1.0
    assert trainer.best_record.ndcg_at_10 > 0.6
    assert trainer.records[-1].train_loss < trainer.records[0].train_loss / 3


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_same_seed_gives_the_same_run_and_another_another(precision: str) -> None:
    data = walk_histories()
    first, again, other = (
        Trainer(tiny_config(seed=seed, precision=precision), data) for seed in (1, 1, 2)
    )
    for trainer in (first, again, other):
        trainer.run()
    assert _figures(first) == _figures(again)
    for left, right in zip(_weights(first), _weights(again), strict=True):
        np.testing.assert_array_equal(left, right)
    assert _figures(first) != _figures(other)


def test_an_interrupted_run_ends_like_an_uninterrupted_one(tmp_path: Path) -> None:
    config, data = tiny_config(epochs=4, patience=4), walk_histories()
    whole = Trainer(config, data)
    whole.run()
    Trainer(config, data, checkpoint=tmp_path / "c.pt").run_epoch()
    Trainer(config, data, checkpoint=tmp_path / "c.pt").run_epoch()
    resumed = Trainer(config, data, checkpoint=tmp_path / "c.pt")
    assert len(resumed.records) == 2
    resumed.run()
    assert _figures(resumed) == _figures(whole)
    for left, right in zip(_weights(resumed), _weights(whole), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    trainer = Trainer(tiny_config(), walk_histories(), checkpoint=tmp_path / "c.pt")
    trainer.run_epoch()
    return tmp_path / "c.pt"


def test_a_checkpoint_of_another_architecture_is_refused(checkpoint: Path) -> None:
    config = tiny_config()
    config = replace(config, model=replace(config.model, num_blocks=1))
    with pytest.raises(ArtifactError, match="num_blocks is 2 there and 1 here"):
        Trainer(config, walk_histories(), checkpoint=checkpoint)


def test_a_checkpoint_of_another_vocabulary_is_refused(checkpoint: Path) -> None:
    data = walk_histories()
    other = replace(data, movie_ids=data.movie_ids + np.sign(data.movie_ids))
    with pytest.raises(ArtifactError, match="another vocabulary"):
        Trainer(tiny_config(), other, checkpoint=checkpoint)


def test_a_checkpoint_of_other_options_is_refused(checkpoint: Path) -> None:
    with pytest.raises(ArtifactError, match="other options"):
        Trainer(tiny_config(learning_rate=0.5), walk_histories(), checkpoint=checkpoint)


def test_a_truncated_checkpoint_is_refused(checkpoint: Path) -> None:
    checkpoint.write_bytes(checkpoint.read_bytes()[:500])
    with pytest.raises(ArtifactError, match=r"c\.pt: is truncated"):
        Trainer(tiny_config(), walk_histories(), checkpoint=checkpoint)


def test_precision_chosen_by_measurement_is_kept_after_an_interruption(tmp_path: Path) -> None:
    config, data = tiny_config(precision="auto"), walk_histories()
    first = Trainer(config, data, checkpoint=tmp_path / "c.pt")
    other = torch.float32 if first.precision == torch.bfloat16 else torch.bfloat16
    first.precision = other
    first.run_epoch()
    assert Trainer(config, data, checkpoint=tmp_path / "c.pt").precision == other


def test_large_gradients_are_clipped() -> None:
    free, held = (Trainer(tiny_config(clip=clip), walk_histories()) for clip in (1e9, 1e-12))
    before = _weights(held)
    for trainer in (free, held):
        [batch, *_] = trainer.draw_batches(np.random.default_rng(1))
        trainer.train_step([batch], [1])
    moved = [
        max(abs(now - then).max() for now, then in zip(_weights(each), before, strict=True))
        for each in (free, held)
    ]
    assert moved[1] < moved[0] / 10


def test_a_person_with_one_rating_does_no_harm() -> None:
    data = walk_histories()
    one = np.array([3], dtype=np.int64)
    data = replace(data, train=[one, *data.train], validation=[*data.validation, one])
    assert np.isfinite(Trainer(tiny_config(), data).run_epoch().train_loss)


def test_a_checkpoint_of_another_version_is_refused(checkpoint: Path) -> None:
    content = torch.load(checkpoint, weights_only=True)
    del content["average"]
    torch.save(content, checkpoint)
    with pytest.raises(ArtifactError, match=r"c\.pt: was written by another version .*delete it"):
        Trainer(tiny_config(), walk_histories(), checkpoint=checkpoint)


def test_each_epoch_tells_its_padding_and_the_minutes_so_far() -> None:
    data = walk_histories(length=14)
    trainer = Trainer(tiny_config(epochs=2), replace(data, train=[*data.train, data.train[0][:4]]))
    first, second = trainer.run_epoch(), trainer.run_epoch()
    assert 0.0 < first.padding_share < 0.5
    assert second.total_minutes == pytest.approx(first.minutes + second.minutes)


def test_people_with_one_rating_are_not_enough() -> None:
    ones = [np.array([3], dtype=np.int64)] * 4
    data = replace(walk_histories(), train=ones)
    with pytest.raises(TrainingError, match="nobody to train on has two ratings"):
        Trainer(tiny_config(), data)


def test_a_config_that_uses_genres_needs_them() -> None:
    config = tiny_config()
    config = replace(config, data=replace(config.data, themed_share=0.5))
    with pytest.raises(TrainingError, match="the config uses genres"):
        Trainer(config, walk_histories())


def test_short_validation_histories_are_not_enough() -> None:
    data = replace(walk_histories(), validation=[np.array([3, 4], dtype=np.int64)])
    with pytest.raises(TrainingError, match="nobody to validate on has 6 ratings"):
        Trainer(tiny_config(), data)


def test_training_stops_when_validation_no_longer_improves() -> None:
    trainer = Trainer(tiny_config(epochs=30, patience=2, learning_rate=1e-9), walk_histories())
    trainer.run()
    assert len(trainer.records) == trainer.best_record.epoch + 2
    assert trainer.stopped_by == "patience"


def test_accumulated_batches_step_like_one_large_batch() -> None:
    rows = np.arange(8)[:, None] + np.arange(1, 12)  # (8, 11)
    whole = Batch(inputs=rows[:, :-1].copy(), targets=rows[:, 1:].copy())
    whole.targets[0, 5:] = 0  # the parts differ in how many films they predict
    parts = [Batch(whole.inputs[i : i + 4], whole.targets[i : i + 4]) for i in (0, 4)]
    config = tiny_config()
    config = replace(
        config,
        loss=replace(config.loss, kind="cross_entropy"),
        model=replace(config.model, dropout=0.0),
    )
    at_once, in_parts = (Trainer(config, walk_histories()) for _ in range(2))
    loss = at_once.train_step([whole], [0])
    assert in_parts.train_step(parts, [0, 1]).item() == pytest.approx(loss.item())
    for left, right in zip(_weights(at_once), _weights(in_parts), strict=True):
        np.testing.assert_allclose(left, right, atol=1e-5)


def test_themed_windows_join_an_epoch() -> None:
    data = walk_histories()
    movies = {int(i): MovieInfo("", 1990, ("Drama",)) for i in data.movie_ids[1:]}
    data = replace(data, themes=ItemThemes.build(data.movie_ids, movies))
    config = tiny_config()
    plain = Trainer(config, data)
    themed = Trainer(replace(config, data=replace(config.data, themed_share=1.0)), data)
    rng = np.random.default_rng(0)
    films = [sum((b.targets > 0).sum() for b in t.draw_batches(rng)) for t in (plain, themed)]
    assert films[1] > 1.7 * films[0]
    assert themed.total_steps > plain.total_steps


def test_histories_read_more_than_once_join_an_epoch_as_often() -> None:
    data = walk_histories()
    repeats = np.where(np.arange(len(data.train)) < 3, 4, 1)
    config = tiny_config(tokens_per_batch=64)
    once = Trainer(config, data)
    often = Trainer(config, replace(data, repeats=repeats))
    films = [
        sum((batch.targets > 0).sum() for batch in trainer.draw_batches(np.random.default_rng(0)))
        for trainer in (once, often)
    ]
    assert films[1] - films[0] == 3 * sum(len(history) - 1 for history in data.train[:3])
    assert often.total_steps > once.total_steps


def test_learning_rate_warms_up_and_falls_by_a_cosine() -> None:
    config = tiny_config(learning_rate=1.0, warmup_steps=10, final_rate=0.1).training
    assert learning_rate_at(0, 110, config) == pytest.approx(0.1)
    assert learning_rate_at(9, 110, config) == pytest.approx(1.0)
    assert learning_rate_at(60, 110, config) == pytest.approx(0.55)
    assert learning_rate_at(110, 110, config) == pytest.approx(0.1)


def test_learning_rate_falls_with_time_where_time_is_ahead() -> None:
    config = tiny_config(learning_rate=1.0, warmup_steps=10, final_rate=0.1).training
    assert learning_rate_at(60, 110, config, 0.2) == pytest.approx(0.55)
    assert learning_rate_at(20, 110, config, 0.5) == pytest.approx(0.55)
    assert learning_rate_at(20, 110, config, 3.0) == pytest.approx(0.1)
    assert learning_rate_at(4, 110, config, 0.0) == pytest.approx(0.5)


def test_a_run_stops_after_the_epoch_in_which_its_minutes_end() -> None:
    trainer = Trainer(tiny_config(epochs=50, max_minutes=1e-4), walk_histories())
    trainer.run()
    assert len(trainer.records) == 1
    assert trainer.minutes >= 1e-4
    assert trainer.stopped_by == "minutes"


def test_minutes_spent_before_an_interruption_count(tmp_path: Path) -> None:
    config, data = tiny_config(epochs=50, patience=50, max_minutes=60), walk_histories()
    first = Trainer(config, data, checkpoint=tmp_path / "c.pt")
    first.run_epoch()
    first.records[0] = replace(first.records[0], minutes=59.9999999)
    first.run_epoch()
    resumed = Trainer(config, data, checkpoint=tmp_path / "c.pt")
    assert resumed.is_finished
    assert len(resumed.records) == 2


def test_swapping_the_average_twice_changes_nothing() -> None:
    model = torch.nn.Linear(2, 2)
    average = WeightAverage(model, 0.5)
    with torch.no_grad():
        model.weight.add_(1.0)
    average.update()
    before = model.weight.detach().clone()
    average.swap()
    assert not torch.equal(model.weight, before)
    average.swap()
    assert torch.equal(model.weight, before)


def test_unknown_items_have_no_theme() -> None:
    themes = ItemThemes.build(np.array([0, 5, 7]), {5: MovieInfo("A", None, ("Drama",))})
    assert themes.genres.tolist() == [[False], [True], [False]]
    assert themes.years.tolist() == [0, 0, 0]
