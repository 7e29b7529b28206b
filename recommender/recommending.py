"""One answer from one snapshot: read the taste, rank the catalogue, tell the stars and reasons.

By the number of films watched (all that the catalogue has, whatever their stars): none, popularity
inside the chosen genres, shifted by the age band where one was given; one to four, the Transformer
blended with that (`ml.cold.people` says how much); from five on the Transformer alone.
Films rated low stay in the sequence the Transformer reads, as they were in every sequence it was
trained on: it models what people watch next, and leaving them out was seen to find no more of the
films that people went on to like.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender import ranking
from recommender.answers import FallbackReason, Filters, HistoryItem, Recommendation, Taste
from recommender.dials import NO_DIALS, DialOptions, turn_dials
from recommender.likeness import score_cosines
from recommender.ml import diversity
from recommender.ml.cold.people import blend_few
from recommender.model_input import make_sequence
from recommender.predicting import predict_stars
from recommender.ranking import RankedFilms
from recommender.reasons import explain_films, is_disliked
from recommender.serving import Snapshot

RANKING_DEPTH = 1000
# How many films a rounded item table found are put into their exact order.
REFINED = 300
# How many films of the history the dial from safe to adventurous looks at.
LATELY = 50
# Two rankings side by side push each other's data out of the processor's caches, and Python runs
# one of them at a time anyway: one after the other they take less time, and half the buffers.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Ranking:
    """A whole ordered answer, from which pages are cut: `movie_ids` (N,) int64, `scores` (N,).

    `num_fits` is of `RankedFilms`; a ranking that goes on behind an earlier one does not tell it.
    """

    movie_ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    fallback_reason: FallbackReason | None = None
    num_fits: int | None = None

    @property
    def is_fallback(self) -> bool:
        """Whether the Transformer did not decide alone."""
        return self.fallback_reason is not None


def arrange_history(items: Sequence[HistoryItem]) -> tuple[HistoryItem, ...]:
    """Return a posted history oldest first, each film once.

    Sorted by `watched_at` where every item has one, else kept as given. A film named twice keeps
    its first place and takes its last known stars, as re-rating a film does.
    """
    if items and all(item.watched_at is not None for item in items):
        items = sorted(items, key=lambda item: item.watched_at or 0.0)
    once: dict[int, HistoryItem] = {}
    for item in items:
        earlier = once.get(item.movie_id)
        if earlier is None:
            once[item.movie_id] = item
        elif item.stars is not None:
            once[item.movie_id] = HistoryItem(item.movie_id, item.stars, earlier.watched_at)
    return tuple(once.values())


def rank_films(
    snapshot: Snapshot, *, taste: Taste, filters: Filters, dials: DialOptions = NO_DIALS
) -> tuple[RankedFilms, bool]:
    """Order the films that may be shown, at most 1,000; also say whether this is a fallback.

    Behind those known to be inside the filters come those whose genre, year or services are not.
    `dials` are the request's: they hold for a person whatever they or an experiment turned.
    """
    taste = replace(taste, dials=taste.dials.or_else(snapshot.dials).override(dials))
    mask = ranking.make_eligible_mask(snapshot.catalogue, taste=taste, filters=filters)
    doubtful = ranking.find_doubtful(snapshot.catalogue, taste=taste, filters=filters, mask=mask)
    looked_at = mask if doubtful is None else mask | doubtful
    [hidden] = encode_tastes(snapshot, [taste])
    scores, is_fallback = score_taste(snapshot, taste, hidden=hidden, mask=looked_at)
    if hidden is not None:
        scores = ranking.complete(scores, snapshot.catalogue.popularity)
    exact = None if is_fallback else hidden
    ranked = ranking.take_top(scores, mask, depth=RANKING_DEPTH)
    if hidden is not None:
        ranked = _polish(snapshot, taste, ranked, hidden=exact)
    first = len(ranked.positions)
    if doubtful is not None and first < RANKING_DEPTH:
        last = ranking.take_top(scores, doubtful, depth=RANKING_DEPTH - first)
        # Behind so many nobody comes to see near copies.
        if hidden is not None and first < diversity.POOL:
            last = _polish(snapshot, taste, last, hidden=exact)
        ranked = ranking.put_behind(ranked, last)
    return ranked, hidden is None or is_fallback


def _polish(
    snapshot: Snapshot, taste: Taste, ranked: RankedFilms, *, hidden: NDArray[np.float32] | None
) -> RankedFilms:
    """Bring the first films into their exact order by `hidden`, if given, and set copies apart."""
    if hidden is not None and not taste.dials.rescores:
        ranked = refine(snapshot, hidden, ranked)
    pool = snapshot.unit_vectors(ranked.positions[: diversity.POOL])
    variety = taste.dials.variety
    share = snapshot.diversity if variety is None else variety
    return ranking.diversify(ranked, pool, share=share)


def encode_tastes(snapshot: Snapshot, tastes: Sequence[Taste]) -> list[NDArray[np.float32] | None]:
    """Return each person's hidden state (1, D); None where the model knows no film.

    One by one: on one thread a batch is no faster, its arrays are too large for the processor's
    caches, and each is as long as the longest history.
    """
    if snapshot.model is None:
        return [None] * len(tastes)
    network = snapshot.model.network
    sequences = [make_sequence(snapshot, taste.history)[0] for taste in tastes]
    return [network.encode([sequence]) if len(sequence) else None for sequence in sequences]


def score_taste(
    snapshot: Snapshot,
    taste: Taste,
    *,
    hidden: NDArray[np.float32] | None,
    mask: NDArray[np.bool_],
) -> tuple[NDArray[np.float32], bool]:
    """Return (C,) how relevant each film is to a person, by their dials; also if by a fallback.

    `hidden` is of `encode_tastes`; what it cannot score is -inf. `mask` (C,) says which films are
    looked at where two scales are blended.
    """
    if hidden is None:
        return _turn_dials(snapshot, taste, _score_without_model(snapshot, taste), mask), True
    scores = score_films(snapshot, hidden)
    is_fallback = _is_short(snapshot, taste)
    if is_fallback:
        liked = _find_liked(snapshot, taste)
        leaning = ranking.score_leaning(snapshot.catalogue, taste=taste, liked_positions=liked)
        scores = blend_few(scores, leaning, mask=mask)
    return _turn_dials(snapshot, taste, scores, mask), is_fallback


def _is_short(snapshot: Snapshot, taste: Taste) -> bool:
    """Whether the catalogue has too few films of a history for the Transformer to decide alone."""
    watched = snapshot.catalogue.positions_of([item.movie_id for item in taste.history])
    return int((watched >= 0).sum()) < ranking.FULL_HISTORY


def _turn_dials(
    snapshot: Snapshot, taste: Taste, scores: NDArray[np.float32], mask: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return (C,) scores as the dials shift them; the same array where none is turned."""
    likeness = None
    if snapshot.model is not None and taste.dials.adventure:
        likeness = _score_likeness(snapshot, taste, mask & np.isfinite(scores))
    return turn_dials(
        scores, dials=taste.dials, catalogue=snapshot.catalogue, mask=mask, likeness=likeness
    )


def _score_without_model(snapshot: Snapshot, taste: Taste) -> NDArray[np.float32]:
    """Return (C,) popularity: in the chosen genres, or once films were liked, among their kind."""
    catalogue = snapshot.catalogue
    positions = _find_liked(snapshot, taste)
    if not len(positions):
        return ranking.score_popularity(
            catalogue, taste.favourite_genre_ids, age_band=taste.age_band
        )
    return ranking.score_leaning(catalogue, taste=taste, liked_positions=positions)


def _find_liked(snapshot: Snapshot, taste: Taste) -> NDArray[np.int64]:
    """Return the positions of the history's films that were not rated low."""
    liked = [item.movie_id for item in taste.history if not is_disliked(item)]
    positions = snapshot.catalogue.positions_of(liked)
    return positions[positions >= 0]


def score_films(snapshot: Snapshot, hidden: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the Transformer's score (C,) of every film; -inf where the model knows it not.

    `hidden` (1, D) is the encoder's. The scores are as near to exact as the item table is.
    """
    assert snapshot.model is not None  # noqa: S101 - only a model makes a hidden state
    scores: NDArray[np.float32] = snapshot.model.network.scores(hidden)[0]
    return snapshot.spread(scores)


def _score_likeness(
    snapshot: Snapshot, taste: Taste, usable: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return (C,) how near each film lies to the mean of the films liked lately (cosine).

    -inf where an item table says nothing of a film that is not of `usable` (C,).
    """
    liked = [item.movie_id for item in taste.history[-LATELY:] if not is_disliked(item)]
    positions = snapshot.catalogue.positions_of(liked)
    mean = snapshot.unit_vectors(positions[positions >= 0]).sum(axis=0, keepdims=True)
    return score_cosines(snapshot, mean, wanted=usable)


def refine(snapshot: Snapshot, hidden: NDArray[np.float32], ranked: RankedFilms) -> RankedFilms:
    """Order the first 300 films that a rounded item table found by the exact scores.

    Rounding moves a film by a few places; behind so many nobody can tell.
    """
    assert snapshot.model is not None  # noqa: S101 - only a model makes a hidden state
    network = snapshot.model.network
    if network.table.is_exact:
        return ranked
    positions, scores = ranked.positions.copy(), ranked.scores.copy()
    best = positions[:REFINED]
    idx = snapshot.item_idx[best]
    known = np.flatnonzero(idx)
    scores[known] = network.exact_scores(hidden, idx[known])[0]
    order = np.argsort(-scores[:REFINED], kind="stable")
    positions[:REFINED], scores[:REFINED] = best[order], scores[:REFINED][order]
    return RankedFilms(positions=positions, scores=scores)


def make_ranking(
    snapshot: Snapshot, *, taste: Taste, filters: Filters, dials: DialOptions = NO_DIALS
) -> Ranking:
    """Rank, by movie id; one ranking at a time in a process."""
    with _one_at_a_time:
        ranked, is_fallback = rank_films(snapshot, taste=taste, filters=filters, dials=dials)
    return Ranking(
        movie_ids=snapshot.catalogue.movie_ids[ranked.positions],
        scores=ranked.scores,
        fallback_reason=name_fallback(snapshot, taste) if is_fallback else None,
        num_fits=ranked.num_fits,
    )


def name_fallback(snapshot: Snapshot, taste: Taste) -> FallbackReason:
    """Return why the Transformer does not decide alone what this person is shown.

    A snapshot without a model does not know whether there is one that cannot be loaded.
    """
    if snapshot.model is None:
        return "no_model"
    return "few_films" if _is_short(snapshot, taste) else "films_unknown_to_model"


def present_films(
    snapshot: Snapshot,
    *,
    taste: Taste,
    movie_ids: Sequence[int],
    scores: Sequence[float],
    first_rank: int = 1,
    with_reasons: bool = False,
) -> tuple[Recommendation, ...]:
    """Add predicted stars, and reasons where asked for, to the films of one page.

    Films that have left the catalogue since they were ranked are left out.
    """
    positions = snapshot.catalogue.positions_of(list(movie_ids))
    here = np.flatnonzero(positions >= 0)
    stars = predict_stars(snapshot, history=taste.history, positions=positions[here])
    reasons = (
        explain_films(snapshot, taste=taste, positions=positions[here])
        if with_reasons
        else [()] * len(here)
    )
    return tuple(
        Recommendation(
            rank=first_rank + number,
            movie_id=movie_ids[index],
            score=round(scores[index], 4),
            predicted_rating=predicted.expected if predicted else None,
            reasons=tuple(reasons[number]),
            predicted_range=predicted.range if predicted else None,
        )
        for number, (index, predicted) in enumerate(zip(here.tolist(), stars, strict=True))
    )
