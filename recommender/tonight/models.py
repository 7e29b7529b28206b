"""What the evening's question remembers of a person: the streaming services they have."""

from django.conf import settings
from django.db import models

from catalog.models import Service


class ChosenService(models.Model):
    """A streaming service somebody says they have."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")

    class Meta:
        """One row a pair."""

        constraints = [
            models.UniqueConstraint(fields=["user", "service"], name="chosen_service_unique")
        ]

    def __str__(self) -> str:
        """Return who and what."""
        return f"{self.user_id}:{self.service_id}"
