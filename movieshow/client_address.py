"""Where a request comes from, for limits per client."""

import ipaddress
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest

UNKNOWN_ADDRESS = "unknown"
IPV6_NETWORK_BITS = 64


def get_client_address(*, request: HttpRequest) -> str:
    """Return the client's address; for IPv6 its /64, since one household has all of that.

    Behind a proxy (the setting TRUST_PROXY) it is what the proxy itself appended, the last entry
    of X-Forwarded-For; everything before it is the client's own claim. The proxy must set that
    header always, and drop names with underscores: WSGI has one name for X-Forwarded-For and
    X_Forwarded_For (`deploy/nginx/movieshow.conf` does both). A server that listens on a socket
    file knows no address: all its clients count as one, `unknown`.
    """
    claimed = request.META.get("REMOTE_ADDR", "")
    if settings.SECURE_PROXY_SSL_HEADER:
        claimed = request.headers.get("X-Forwarded-For", claimed).rsplit(",", 1)[-1]
    return _shorten(claimed.strip())


@lru_cache(maxsize=1024)
def _shorten(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return UNKNOWN_ADDRESS
    # A dual-stack socket shows IPv4 clients as ::ffff:1.2.3.4, which share one /64.
    address = getattr(address, "ipv4_mapped", None) or address
    if isinstance(address, ipaddress.IPv6Address):
        network = ipaddress.ip_network((address, IPV6_NETWORK_BITS), strict=False)
        return str(network.network_address)
    return str(address)
