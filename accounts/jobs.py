"""What RQ runs for accounts; one domain call each."""

from django.core.management import call_command

from accounts.services import delete_expired_guests
from accounts.sessions import forget_ended_sessions
from accounts.token_mail import send_token_mail


def delete_expired_guests_job() -> int:
    """Delete guests past their expiry; return how many."""
    return delete_expired_guests()


def delete_expired_sessions_job() -> None:
    """Delete browser sessions past their expiry, and what is known of them."""
    call_command("clearsessions")
    forget_ended_sessions()


def mail_new_token_job(token_id: int, language: str) -> bool:
    """Tell somebody that an API token was made for their account; return whether mail was sent."""
    return send_token_mail(token_id=token_id, language=language)
