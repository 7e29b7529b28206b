"""A guest's lists become a member's; called inside `accounts.services.merge_guest`."""

from accounts.models import User
from catalog.list_models import MAX_NAME, FilmList


def merge_lists(*, guest: User, user: User) -> None:
    """Move the guest's lists with all that stands on them; a name both have gets a number."""
    taken = {name.casefold() for name in _get_names(user)}
    for film_list in FilmList.objects.filter(user=guest).order_by("id"):
        film_list.name = _find_free_name(film_list.name, taken)
        taken.add(film_list.name.casefold())
        film_list.user = user
        film_list.save(update_fields=["user", "name"])


def _get_names(user: User) -> list[str]:
    return list(FilmList.objects.filter(user=user).values_list("name", flat=True))


def _find_free_name(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free.casefold() in taken:
        number += 1
        suffix = f" ({number})"
        free = name[: MAX_NAME - len(suffix)] + suffix
    return free
