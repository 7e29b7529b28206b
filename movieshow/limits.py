"""How often somebody may do what costs the site much, counted in Redis."""

from django.core.cache import cache


def is_within_limit(*, what: str, who: str, most: int, seconds: int) -> bool:
    """Count one more time that `who` does `what`; return whether it is one of the first `most`.

    A window begins with the first of its times and lasts `seconds`. Without Redis nothing is
    counted.
    """
    key = f"accounts:{what}:{who}"
    cache.add(key, 0, timeout=seconds)
    try:
        count = cache.incr(key)
    except ValueError:  # expired in between: a new window
        return True
    return count is None or count <= most
