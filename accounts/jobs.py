"""What RQ runs for accounts; one domain call each."""

from accounts.services import delete_expired_guests


def delete_expired_guests_job() -> int:
    """Delete guests past their expiry; return how many."""
    return delete_expired_guests()
