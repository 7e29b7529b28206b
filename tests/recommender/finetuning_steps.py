"""What tests of fine-tuning do and look at again and again."""

from accounts.models import User
from catalog.services import set_rating
from recommender.models import ModelVersion


def rate(user: User, *movie_ids: int) -> None:
    for movie_id in movie_ids:
        set_rating(user=user, movie_id=movie_id, stars=4)


def active_version() -> ModelVersion:
    return ModelVersion.objects.get(is_active=True)
