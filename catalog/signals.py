"""News the catalogue sends upward; receivers run inside the sender's transaction."""

from django.dispatch import Signal

# Sent with user=<User>, movie_ids=<list[int]>, once per use case, inside its transaction.
rating_changed = Signal()
# Sent with user=<User>, movie_id=<int>, origin=<str>, when somebody gives one film stars, after
# `rating_changed`; `origin` is the recommendation it was rated from, or "".
film_rated = Signal()
# Sent with user=<User>, movie_id=<int>, origin=<str>, when a film comes new onto a watchlist.
watchlisted = Signal()
# Sent with user=<User>, movie_id=<int>, viewing=<DiaryEntry or None>, origin=<str>, when a viewing
# comes new into a diary, and with None when one goes.
diary_changed = Signal()
# Sent with no arguments after movies were added, changed or removed in bulk or one at a time.
catalogue_changed = Signal()
