"""People: accounts, guests, people imported with a data set, and their API tokens."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A person: a member with a login, a guest of one browser, or one imported with a data set."""

    is_guest = models.BooleanField(
        _("guest"), default=False, help_text=_("Known only by a browser session; expires.")
    )
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    allows_training = models.BooleanField(
        _("allows training"),
        default=True,
        help_text=_("Whether this person's ratings may be used to train models."),
    )
    dataset = models.CharField(
        _("data set"), max_length=64, blank=True, help_text=_("Set this person was imported with.")
    )
    dataset_user_id = models.BigIntegerField(_("id in the data set"), null=True, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["dataset", "dataset_user_id"],
                condition=Q(dataset_user_id__isnull=False),
                name="user_unique_in_dataset",
            ),
            models.CheckConstraint(
                condition=Q(dataset="", dataset_user_id__isnull=True)
                | (~Q(dataset="") & Q(dataset_user_id__isnull=False)),
                name="user_dataset_and_id_together",
            ),
            models.CheckConstraint(
                condition=Q(is_guest=False) | Q(expires_at__isnull=False),
                name="user_guest_expires",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(is_guest=True), name="user_guest_expiry"
            )
        ]

    @property
    def is_member(self) -> bool:
        """Whether this person has a login of their own."""
        return not self.is_guest and not self.dataset


class ApiToken(models.Model):
    """A named key to the REST API; only its SHA-256 is kept, so a lost one cannot be read back."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=80)
    key_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")

    def __str__(self) -> str:
        """Return the name its owner gave it."""
        return self.name
