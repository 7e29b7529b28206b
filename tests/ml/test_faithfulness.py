"""Deleting the named film is measured against deleting others, by hand-made models."""

from pathlib import Path

import numpy as np

from recommender.ml.faithfulness import measure_faithfulness
from recommender.ml.inference import InferenceModel
from recommender.ml.real_histories import read_held_out_sequences

SHIPPED = Path("recommender/artifacts/shipped")
DATA = Path("catalog/demo/ml-latest-small")


def test_named_film_lowers_what_is_shown_more_than_others_do() -> None:
    model = InferenceModel.load(SHIPPED)
    sequences = read_held_out_sequences(model, [DATA], people=6)
    drops = measure_faithfulness(model, sequences)
    figures = drops.summary()
    assert drops.films == 60
    assert len(drops.named) == len(drops.random) == len(drops.most_recent)
    assert figures["mean_rank_drop_named"] > figures["mean_rank_drop_random"]
    assert figures["share_named_drops_film"] > 0.5


def test_sequences_are_of_people_held_out_and_known_films_alone() -> None:
    model = InferenceModel.load(SHIPPED)
    sequences = read_held_out_sequences(model, [DATA], people=10, min_length=20)
    assert len(sequences) == 10
    assert all(len(sequence) >= 20 and (sequence > 0).all() for sequence in sequences)
    assert all(len(np.unique(sequence)) == len(sequence) for sequence in sequences)
