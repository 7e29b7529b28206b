"""Who is held out and what is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ml.datasets import Interactions
from recommender.ml.protocols import pose_question
from recommender.ml.same_people import label_people
from recommender.ml.splits import (
    SplitError,
    hold_out_people,
    hold_out_validation_people,
    last_n,
    leave_one_out,
    temporal_cutoff,
    unit_hash,
    without_last,
)
from tests.ml.tiny_data import interactions_of


def with_copy(original: Interactions, person: int, *, rows: int, name: str) -> Interactions:
    """Add the first `rows` ratings of a person as somebody of the data set `name`."""
    span = original.history(person)
    kept = slice(span.start, span.start + rows)
    added = np.full(rows, original.num_people, dtype=np.int32)
    return Interactions(
        person=np.concatenate((original.person, added)),
        movie_id=np.concatenate((original.movie_id, original.movie_id[kept])),
        rating=np.concatenate((original.rating, original.rating[kept])),
        timestamp=np.concatenate((original.timestamp, original.timestamp[kept])),
        person_keys=[*original.person_keys, (name, 99)],
    )


def test_unit_hash_is_the_same_everywhere() -> None:
    # The first 8 bytes of sha256("ml-1m:2").
    assert unit_hash(("ml-1m", 2)) == 0xCC796D6E57594813 / 2**64


def test_held_out_people_are_about_the_fraction_and_never_trained_on() -> None:
    many = interactions_of([[n, n + 1, n + 2] for n in range(1, 2001)])
    train, held_out = hold_out_people(many, fraction=0.1)
    assert 150 < held_out.num_people < 250
    assert not set(train.person_keys) & set(held_out.person_keys)
    assert train.num_people + held_out.num_people == 2000


def test_holding_out_does_not_depend_on_who_else_is_there() -> None:
    many = interactions_of([[n, n + 1, n + 2] for n in range(1, 401)])
    some = many.select_people(np.arange(400) % 2 == 0)
    whole, part = hold_out_people(many)[1], hold_out_people(some)[1]
    assert set(part.person_keys) == set(whole.person_keys) & set(some.person_keys)


def test_validation_people_are_another_draw_than_test_people() -> None:
    many = interactions_of([[n, n + 1, n + 2] for n in range(1, 2001)])
    train, held_out = hold_out_people(many)
    fit, validation = hold_out_validation_people(train)
    assert 50 < validation.num_people < 150
    assert not set(validation.person_keys) & (set(held_out.person_keys) | set(fit.person_keys))


def test_one_person_in_two_sets_is_found_by_movie_and_second() -> None:
    strangers = interactions_of([list(range(1, 13)), list(range(20, 32)), list(range(40, 52))])
    labels = label_people(with_copy(strangers, 1, rows=6, name="other"))
    assert labels[3] == labels[1]
    assert len(set(labels.tolist())) == 3


def test_four_shared_ratings_are_not_enough_to_be_one_person() -> None:
    strangers = interactions_of([list(range(1, 13)), list(range(20, 32))])
    labels = label_people(with_copy(strangers, 0, rows=4, name="other"))
    assert len(set(labels.tolist())) == 3


def test_the_longer_copy_of_a_person_is_trained_on() -> None:
    copied = with_copy(interactions_of([list(range(1, 13))]), 0, rows=8, name="other")
    train, held_out = hold_out_people(copied, fraction=0.0)
    assert train.person_keys == [("tiny", 1)]
    assert held_out.num_people == 0


def test_no_copy_is_trained_on_when_one_is_held_out() -> None:
    copied = with_copy(interactions_of([list(range(1, 13))]), 0, rows=8, name="other")
    hashes = sorted(unit_hash(key) for key in copied.person_keys)
    train, held_out = hold_out_people(copied, fraction=sum(hashes) / 2)
    assert held_out.num_people == 1
    assert train.num_people == 0


def test_last_five_are_the_targets_of_those_who_have_more() -> None:
    split = last_n(interactions_of([[1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5]]), n=5)
    assert split.person_keys == [("tiny", 1)]
    assert split.histories[0].tolist() == [1, 2]
    assert split.timestamps[0].tolist() == [1000, 1060]
    assert split.targets[0].tolist() == [3, 4, 5, 6, 7]


def test_the_last_is_the_target_where_one_is_left_out() -> None:
    split = leave_one_out(interactions_of([[1, 2, 3], [5]]))
    assert [row.tolist() for row in split.targets] == [[3]]
    assert [row.tolist() for row in split.histories] == [[1, 2]]


def test_nobody_with_enough_ratings_is_an_error() -> None:
    with pytest.raises(SplitError, match="nobody has more than 5 ratings"):
        last_n(interactions_of([[1, 2, 3]]))


def test_training_without_targets_drops_only_the_last() -> None:
    train = without_last(interactions_of([[1, 2, 3], [4], [5, 6]]), n=1)
    assert train.movie_id.tolist() == [1, 2, 5]
    assert train.person_keys == [("tiny", 1), ("tiny", 3)]


def test_no_model_sees_the_future_of_a_temporal_split() -> None:
    early, late = interactions_of([[1, 2, 3]]), interactions_of([[4, 5, 6, 7]], start=1100)
    both = Interactions(
        person=np.concatenate((early.person, late.person + np.int32(1))),
        movie_id=np.concatenate((early.movie_id, late.movie_id)),
        rating=np.concatenate((early.rating, late.rating)),
        timestamp=np.concatenate((early.timestamp, late.timestamp)),
        person_keys=[("tiny", 1), ("tiny", 2)],
    )
    train, split, cutoff = temporal_cutoff(both, quantile=0.7)
    assert (train.timestamp < cutoff).all()
    assert split.person_keys == [("tiny", 2)]
    assert split.targets[0].tolist() == [7]
    assert split.histories[0].tolist() == [4, 5, 6]


def test_temporal_split_refuses_sets_that_keep_order_alone() -> None:
    people = interactions_of([[1, 2, 3]])
    ordered = Interactions(
        people.person,
        people.movie_id,
        people.rating,
        people.timestamp,
        people.person_keys,
        order_only=frozenset({"tiny"}),
    )
    with pytest.raises(SplitError, match="needs true times"):
        temporal_cutoff(ordered)


def test_split_hash_tells_apart_people_histories_and_targets() -> None:
    base = leave_one_out(interactions_of([[1, 2, 3], [4, 5, 6]]))
    same = leave_one_out(interactions_of([[1, 2, 3], [4, 5, 6]]))
    assert base.split_hash == same.split_hash
    assert len(base.split_hash) == 12
    others = [
        leave_one_out(interactions_of([[1, 2, 9], [4, 5, 6]])),
        leave_one_out(interactions_of([[2, 1, 3], [4, 5, 6]])),
        base.select([True, False]),
        base.with_shuffled_histories(),
    ]
    assert len({base.split_hash, *(other.split_hash for other in others)}) == 5


@given(
    histories=st.lists(
        st.lists(st.integers(1, 50), min_size=1, max_size=12, unique=True), min_size=1, max_size=8
    ),
    n=st.integers(1, 5),
)
def test_history_and_targets_together_are_the_person(histories: list[list[int]], n: int) -> None:
    asked = [history for history in histories if len(history) > n]
    if not asked:
        with pytest.raises(SplitError):
            last_n(interactions_of(histories), n=n)
        return
    split = last_n(interactions_of(histories), n=n)
    rejoined = [
        [*history.tolist(), *targets.tolist()]
        for history, targets in zip(split.histories, split.targets, strict=True)
    ]
    assert rejoined == asked
    mixed = split.with_shuffled_histories(seed=3)
    assert [sorted(h.tolist()) for h in mixed.histories] == [sorted(h[:-n]) for h in asked]


def test_each_protocol_withholds_its_targets_from_training() -> None:
    people = interactions_of([[100 * n + k for k in range(8)] for n in range(1, 60)])
    for held_out in ("people", "targets"):
        question = pose_question(people, protocol="leave-one-out", held_out=held_out)
        wanted = {int(target[0]) for target in question.split.targets}
        assert not wanted & set(question.train.movie_id.tolist())
