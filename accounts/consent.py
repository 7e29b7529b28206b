"""Whether a person's ratings may train models."""

from accounts.models import User


def set_training_consent(*, user: User, allows_training: bool) -> None:
    """Keep the answer; the next training, due when somebody says no, leaves them out."""
    User.objects.filter(pk=user.pk).update(allows_training=allows_training)
    user.allows_training = allows_training
