"""Mail to the owner of an account about a new API token: it may be somebody else who made it."""

import django_rq
import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from redis import RedisError
from rq import Queue, Retry

from accounts.models import ApiToken
from movieshow.limits import is_within_limit

logger = structlog.get_logger(__name__)

QUEUE = "default"
FUNCTION = "accounts.jobs.mail_new_token_job"
# Nobody has verified the address, perhaps: it may be of somebody who knows nothing of this account.
MAILS_A_DAY = 5
DAY_SECONDS = 24 * 60 * 60
RETRY_SECONDS = [60, 600, 3600]


def queue_token_mail(*, token: ApiToken, language: str) -> bool:
    """Have a worker tell the token's owner; True where a job was put on the queue.

    Nothing is sent to an account without an address, nor more than five times a day. Where Redis is
    away the token is made all the same, and the log says that nobody was told.
    """
    if not token.user.email:
        return False
    who = str(token.user_id)
    if not is_within_limit(what="token-mail", who=who, most=MAILS_A_DAY, seconds=DAY_SECONDS):
        logger.warning("token_mails_limited", user_id=token.user_id)
        return False
    try:
        Queue(QUEUE, connection=django_rq.get_connection(QUEUE)).enqueue_call(
            FUNCTION,
            args=(token.pk, language),
            retry=Retry(max=len(RETRY_SECONDS), interval=RETRY_SECONDS),
            result_ttl=0,
        )
    except (RedisError, OSError) as error:
        logger.warning("token_mail_not_queued", error=str(error))
        return False
    return True


def send_token_mail(*, token_id: int, language: str) -> bool:
    """Tell the owner of a token that it was made; False where the token or the address is gone.

    The mail holds nothing that its maker chose, such as the token's name: it goes out in our name.

    Raises:
        OSError: The mail server cannot be reached or refuses.
    """
    token = ApiToken.objects.select_related("user").filter(pk=token_id).first()
    if token is None or not token.user.email:
        return False
    with translation.override(language):
        made_at = date_format(localtime(token.created_at), "DATETIME_FORMAT")
        send_mail(
            _("A new API token for your account"),
            _(
                "An API token was made for your MovieShow account (%(made_at)s). Whoever has it "
                "can read and rate as you until it is revoked.\n\n"
                "If that was not you, change your password and revoke the token: both are on your "
                "account page.\n"
            )
            % {"made_at": made_at},
            settings.DEFAULT_FROM_EMAIL,
            [token.user.email],
        )
    return True
