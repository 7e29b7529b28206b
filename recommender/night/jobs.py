"""What RQ runs for movie nights."""

from recommender.night.services import forget_old_nights
from recommender.night.voting import finish_expired_nights


def finish_nights_job() -> int:
    """Decide votes whose time has run out; return how many."""
    return finish_expired_nights()


def forget_nights_job() -> int:
    """Delete nights a week after they were over; return how many."""
    return forget_old_nights()
