"""News the catalogue sends upward; receivers run inside the sender's transaction."""

from django.dispatch import Signal

# Sent with user=<User>, movie_ids=<list[int]>, once per use case, inside its transaction.
rating_changed = Signal()
# Sent with no arguments after movies were added, changed or removed in bulk or one at a time.
catalogue_changed = Signal()
