"""Real Postgres and Redis for a laptop, from wheels, with no port open and nothing to install.

``python -m movieshow.embedded exec -- CMD…`` runs a command beside them. Everything they keep
lies under ``MOVIESHOW_HOME``; ``DATABASE_URL`` and ``REDIS_URL``, where set, are used instead.
"""

from movieshow.embedded.home import EmbeddedError, Home
from movieshow.embedded.servers import Servers

__all__ = ["EmbeddedError", "Home", "Servers"]
