"""What this app knows of a person, for their export; no secrets, only that there are some."""

from collections.abc import Iterable, Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from accounts.models import ApiToken, User
from accounts.personal_data import ExportedFile, write_json

READ_ME = """\
Your data at MovieShow.

ratings.csv, watchlist.csv and seen.csv are what you rated, mean to watch, and have seen without
giving it stars; diary.csv says on which days you watched what. The folder lists holds a CSV for
each list you made, and lists.csv its name, note and whether it is shared. Letterboxd's importer
reads these one at a time, but for lists.csv. It takes no file of more than 1 MB: what is longer
goes on in ratings-2.csv, and so on. notes.csv holds your notes on films, hidden.csv films you asked
not to be shown, muted.csv those not to be named as a reason.

MovieShow's own importer reads all of them: upload this zip as it is at /import/, here or at another
MovieShow, and you have it back. A list that was shared is shared again, by a new link.

The folder json holds the same for programs, and the rest, which is not imported: your account, the
names of your API tokens (their keys are kept by nobody), where you are logged in, your answers at
the door and your settings, your streaming services, every change of a rating, your tags, your
movie nights, your imports, and what you were shown and did with it.

Times are UTC.
"""


def export_account(user: User) -> Iterable[ExportedFile]:
    """Return what is known of who somebody is."""
    yield ExportedFile("README.txt", [READ_ME])
    yield ExportedFile("json/account.json", write_json(_read_account(user)))
    tokens = ApiToken.objects.filter(user=user).order_by("pk")
    fields = ("name", "created_at", "last_used_at", "revoked_at")
    yield ExportedFile("json/api-tokens.json", write_json(tokens.values(*fields)))
    sessions = UserSession.objects.filter(user=user).order_by("pk")
    yield ExportedFile(
        "json/sessions.json", write_json(sessions.values("created_at", "ip", "user_agent"))
    )


def _read_account(user: User) -> Iterator[dict[str, object]]:
    addresses = EmailAddress.objects.filter(user=user).order_by("pk")
    factors = Authenticator.objects.filter(user=user).order_by("pk")
    yield {
        "username": user.get_username(),
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "is_guest": user.is_guest,
        "joined_at": user.date_joined,
        "last_login_at": user.last_login,
        "allows_training": user.allows_training,
        "email_addresses": list(addresses.values("email", "verified", "primary")),
        "second_factors": list(factors.values("type", "created_at", "last_used_at")),
    }
