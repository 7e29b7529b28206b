"""How allauth's pages behave on this site."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from movieshow.client_address import UNKNOWN_ADDRESS, get_client_address

# What stands for an address that is not known where a column wants one.
UNKNOWN_IP = "0.0.0.0"  # noqa: S104 - nothing listens there


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Counts clients as the rest of the site does.

    The merge of a guest hangs on Django's own log-in signal (`accounts.receivers`), which sign-up,
    log-in and password reset all send.
    """

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the address that allauth's rate limits count by and its list of sessions shows."""
        address = get_client_address(request=request)
        return UNKNOWN_IP if address == UNKNOWN_ADDRESS else address
