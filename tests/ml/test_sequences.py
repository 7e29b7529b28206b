"""Windows and batches: every film predicted once, little padding."""

from __future__ import annotations

from collections import Counter

import numpy as np

from recommender.ml.sequences import cut_windows, pad_right, training_batches


def _histories(lengths: list[int]) -> list[np.ndarray]:
    starts = np.cumsum([0, *lengths])
    return [
        np.arange(start + 1, start + 1 + n, dtype=np.int32)
        for start, n in zip(starts, lengths, strict=False)
    ]


def test_each_film_but_the_first_is_predicted_exactly_once_an_epoch() -> None:
    histories = _histories([1, 2, 5, 37, 100, 3])
    batches = training_batches(
        histories, max_seq_len=10, tokens_per_batch=64, rng=np.random.default_rng(0)
    )
    predicted = Counter(int(t) for batch in batches for t in batch.targets.ravel() if t)
    assert predicted == Counter(int(item) for history in histories for item in history[1:])


def test_targets_follow_their_inputs() -> None:
    batches = training_batches(
        _histories([30, 40]), max_seq_len=8, tokens_per_batch=64, rng=np.random.default_rng(1)
    )
    for batch in batches:
        real = batch.targets > 0
        assert (batch.targets[real] == batch.inputs[real] + 1).all()


def test_windows_start_at_other_films_in_other_epochs() -> None:
    rng = np.random.default_rng(0)
    starts = {cut_windows(_histories([200]), 20, rng)[1][0] for _ in range(30)}
    assert len(starts) > 10


def test_batches_spend_little_on_padding_and_keep_to_their_budget() -> None:
    lengths = np.random.default_rng(0).integers(2, 300, size=400).tolist()
    batches = list(
        training_batches(
            _histories(lengths), max_seq_len=50, tokens_per_batch=1024, rng=np.random.default_rng(0)
        )
    )
    assert max(batch.inputs.size for batch in batches) <= 1024
    real = sum(int((batch.inputs > 0).sum()) for batch in batches)
    assert real / sum(batch.inputs.size for batch in batches) > 0.95


def test_padding_stands_on_the_right() -> None:
    padded = pad_right([np.array([4, 5, 6]), np.array([7])])
    assert padded.tolist() == [[4, 5, 6], [7, 0, 0]]
