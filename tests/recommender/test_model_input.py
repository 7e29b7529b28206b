"""What the encoder reads of a history."""

import dataclasses
from datetime import UTC, datetime, timedelta

import numpy as np

from accounts.models import User
from catalog.models import Rating
from recommender.answers import HistoryItem
from recommender.ml.tokens import TokenFeatures, eras_of, items_of, seconds_of, stars_of
from recommender.model_input import make_sequence
from recommender.models import ModelVersion
from recommender.serving import Snapshot, model_server, read_state
from recommender.taste.reading import read_taste
from tests.recommender.conftest import NUM_MOVIES, Watch

BEGIN = datetime(2020, 1, 1, tzinfo=UTC)
HISTORY = tuple(
    HistoryItem(movie_id, 3.5, (BEGIN + timedelta(days=30 * movie_id)).timestamp())
    for movie_id in range(1, NUM_MOVIES + 1)
)


def make_snapshot(*, max_seq_len: int, features: TokenFeatures) -> Snapshot:
    """Return the snapshot served, as if its network read so much of so many films."""
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    assert snapshot.model is not None
    network = dataclasses.replace(
        snapshot.model.network, max_seq_len=max_seq_len, token_features=features
    )
    return dataclasses.replace(snapshot, model=dataclasses.replace(snapshot.model, network=network))


def test_films_within_reach_of_the_encoder_carry_stars_and_times(
    active_model: ModelVersion,
) -> None:
    features = TokenFeatures(stars=True, times=True)
    snapshot = make_snapshot(max_seq_len=20, features=features)
    tokens, films = make_sequence(snapshot, HISTORY)
    assert films == HISTORY
    whole = features.make_tokens(
        items_of(tokens),
        stars=[item.stars or 0.0 for item in HISTORY],
        timestamps=[int(item.watched_at or 0) for item in HISTORY],
    )
    # The one before the last twenty moves up where a film is deleted.
    np.testing.assert_array_equal(tokens[-21:], whole[-21:])
    assert stars_of(tokens[-21:]).all()
    assert not stars_of(tokens[:-21]).any()
    assert not eras_of(tokens[:-21]).any()


def test_exact_times_go_only_to_a_network_that_reads_them(active_model: ModelVersion) -> None:
    snapshot = make_snapshot(max_seq_len=20, features=TokenFeatures(times=True))
    assert not seconds_of(make_sequence(snapshot, HISTORY)[0]).any()
    snapshot = make_snapshot(max_seq_len=20, features=TokenFeatures(seconds=True))
    tokens, films = make_sequence(snapshot, HISTORY)
    times = [int(item.watched_at or 0) for item in films]
    assert seconds_of(tokens).tolist() == [*[0] * (len(times) - 21), *times[-21:]]
    assert not eras_of(tokens).any()


def test_members_films_are_read_with_the_half_year_they_were_watched_in(
    active_model: ModelVersion, viewer: User, watch: Watch
) -> None:
    watch(viewer, 3, 1, 2)
    days = [datetime(2016, 3, 5, tzinfo=UTC), datetime(2019, 9, 1, tzinfo=UTC)]
    Rating.objects.filter(movie_id=3).update(watched_at=days[0])
    Rating.objects.filter(movie_id=1).update(watched_at=days[1])
    features = TokenFeatures(times=True)
    snapshot = make_snapshot(max_seq_len=20, features=features)
    tokens, films = make_sequence(snapshot, read_taste(user_id=viewer.pk).history)
    assert [item.movie_id for item in films] == [3, 1, 2]
    times = [int(day.timestamp()) for day in [*days, datetime.now(tz=UTC)]]
    expected = features.make_tokens(items_of(tokens), stars=None, timestamps=times)
    assert len(set(eras_of(expected).tolist())) == 3
    np.testing.assert_array_equal(tokens, expected)


def test_network_of_films_alone_gets_no_stars_and_times(active_model: ModelVersion) -> None:
    snapshot = make_snapshot(max_seq_len=20, features=TokenFeatures())
    tokens, _ = make_sequence(snapshot, HISTORY)
    np.testing.assert_array_equal(tokens, snapshot.item_idx)


def test_unknown_films_are_skipped(active_model: ModelVersion) -> None:
    snapshot = make_snapshot(max_seq_len=20, features=TokenFeatures(stars=True))
    known = HistoryItem(3, 4.0)
    tokens, films = make_sequence(snapshot, (HistoryItem(999), known))
    assert films == (known,)
    assert stars_of(tokens).tolist() == [8]
