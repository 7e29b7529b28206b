"""Films like a film."""

import numpy as np
from numpy.typing import NDArray

from recommender import ranking
from recommender.answers import Recommendation
from recommender.catalogue_arrays import CatalogueArrays
from recommender.likeness import score_cosines
from recommender.predicting import predict_stars
from recommender.serving import Snapshot

# Films that few rated have vectors made of little evidence: their likeness counts less.
EVIDENCE_RATINGS = 5.0


def rank_similar_films(snapshot: Snapshot, *, movie_id: int, limit: int) -> list[Recommendation]:
    """Return up to `limit` films like this one, best first.

    By the cosine of item vectors, discounted for films with few ratings; where the model does not
    know the film, by shared genres (Jaccard), the popular ones first. The film itself is left out.
    """
    catalogue = snapshot.catalogue
    position = int(catalogue.positions_of([movie_id])[0])
    if position < 0:
        return []
    if snapshot.model is not None and snapshot.item_idx[position]:
        scores = _score_by_vectors(snapshot, position, limit=limit)
    else:
        scores = _score_by_genres(catalogue, position)
    mask = np.isfinite(scores)
    mask[position] = False
    best = ranking.take_top(scores, mask, depth=limit)
    stars = predict_stars(snapshot, history=(), positions=best.positions)
    return [
        Recommendation(
            rank=number + 1,
            movie_id=int(catalogue.movie_ids[found]),
            score=round(float(best.scores[number]), 4),
            predicted_rating=predicted.expected if predicted else None,
            predicted_range=predicted.range if predicted else None,
        )
        for number, (found, predicted) in enumerate(zip(best.positions, stars, strict=True))
    ]


def _score_by_vectors(snapshot: Snapshot, position: int, *, limit: int) -> NDArray[np.float32]:
    """Return (C,) discounted cosines; -inf for films the model does not know.

    So for those that an index leaves out, unless it finds too few.
    """
    vector = snapshot.unit_vectors(np.array([position]))
    is_known = snapshot.item_idx > 0
    cosines = score_cosines(snapshot, vector, wanted=np.zeros_like(is_known))
    # One more than asked for: the film itself is among them.
    if np.count_nonzero(is_known & np.isfinite(cosines)) <= limit:
        cosines = score_cosines(snapshot, vector, wanted=is_known)
    counts = snapshot.catalogue.rating_count.astype(np.float32)
    evidence = counts / (counts + EVIDENCE_RATINGS)
    scores = cosines * (0.5 + 0.5 * evidence)
    return np.where(is_known, scores, -np.inf).astype(np.float32)


def _score_by_genres(catalogue: CatalogueArrays, position: int) -> NDArray[np.float32]:
    """Return (C,) the share of genres in common, popularity deciding among equals."""
    mine = catalogue.genres[position]
    shared = (catalogue.genres & mine).sum(axis=1)
    either = np.maximum((catalogue.genres | mine).sum(axis=1), 1)
    return np.asarray(shared / either + catalogue.popularity / 10.0, dtype=np.float32)
