"""A guest's lists become a member's; called inside `accounts.services.merge_guest`."""

from accounts.models import User
from catalog.list_models import MAX_NAME, FilmList, is_called


def merge_lists(*, guest: User, user: User) -> None:
    """Move the guest's lists with all that stands on them; a name both have gets a number."""
    for film_list in FilmList.objects.filter(user=guest).order_by("id"):
        film_list.name = _find_free_name(film_list.name, user)
        film_list.user = user
        film_list.save(update_fields=["user", "name"])


def _find_free_name(name: str, user: User) -> str:
    mine = FilmList.objects.filter(user=user)
    free, number = name, 1
    while mine.filter(is_called(free)).exists():
        number += 1
        suffix = f" ({number})"
        free = name[: MAX_NAME - len(suffix)] + suffix
    return free
