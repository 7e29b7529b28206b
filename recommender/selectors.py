"""What pages and the API ask of the recommender."""

from typing import Any

from django.contrib.auth.models import AnonymousUser

from accounts.models import User
from recommender.answers import (
    Recommendation,
    Taste,
)
from recommender.catalogue_arrays import CatalogueArrays
from recommender.models import ModelVersion
from recommender.predicting import PredictedStars, predict_stars
from recommender.serving import model_server, read_state
from recommender.similar import rank_similar_films
from recommender.taste.reading import read_taste


def get_predicted_rating(
    *, user: User | AnonymousUser | None, movie_id: int
) -> PredictedStars | None:
    """Return the stars this person would give, with their range; None for a film nobody knows.

    Their own rating of that very film, if there is one, is left out of what is looked at.
    """
    user_id = user.pk if user is not None else None
    snapshot = model_server.get_snapshot(read_state(user_id=user_id))
    positions = snapshot.catalogue.positions_of([movie_id])
    if positions[0] < 0:
        return None
    taste = read_taste(user_id=user_id) if user_id is not None else Taste()
    others = [item for item in taste.history if item.movie_id != movie_id]
    return predict_stars(snapshot, history=others, positions=positions)[0]


def get_similar_movies(*, movie_id: int, limit: int = 10) -> list[Recommendation]:
    """Return the films most like this one, best first; empty for a film nobody knows.

    `score` is the cosine of the item vectors, or the share of genres where the model has none.
    """
    snapshot = model_server.get_snapshot(read_state(user_id=None))
    return rank_similar_films(snapshot, movie_id=movie_id, limit=limit)


def get_catalogue() -> CatalogueArrays:
    """Return the catalogue that answers are computed from; one query, for its version."""
    return model_server.get_snapshot(read_state(user_id=None)).catalogue


def get_active_model() -> dict[str, Any] | None:
    """Return the active model's name, version, kind, activation and card; None where none is."""
    version = ModelVersion.objects.filter(is_active=True).first()
    if version is None:
        return None
    return {
        "name": version.name,
        "version": version.pk,
        "kind": version.kind,
        "activated_at": version.activated_at,
        "card": version.metrics.get("card", {}),
    }
