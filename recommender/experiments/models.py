"""Experiments on live traffic: which arms there are, who has seen which, and what rows taught."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Experiment(models.Model):
    """One question asked of live traffic; its arms are fixed from the moment it starts."""

    class Surface(models.TextChoices):
        """What the arms change; one experiment runs on each at a time."""

        RANKING = "ranking", _("which films are recommended")
        HOME_ROWS = "home_rows", _("which row of the home page comes first")

    class Status(models.TextChoices):
        """Where it stands: draft, running, stopped, then promoted or rolled back."""

        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        PROMOTED = "promoted", _("promoted")
        ROLLED_BACK = "rolled_back", _("rolled back")

    name = models.SlugField(max_length=60, unique=True)
    hypothesis = models.TextField(blank=True, help_text=_("What is expected to change, and why."))
    surface = models.CharField(max_length=12, choices=Surface, default=Surface.RANKING)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT, editable=False)
    # Mixed into the hash that assigns people to arms, so that experiments assign independently.
    salt = models.CharField(max_length=32, editable=False)
    min_subjects = models.PositiveIntegerField(
        default=200, help_text=_("People per arm below which the report warns.")
    )
    hide_margin = models.FloatField(
        default=0.01,
        help_text=_("The guardrail: by how much the share of hidden films may rise, 0 to 1."),
    )
    stops_on_guardrail = models.BooleanField(
        default=True, help_text=_("Stop by itself once the guardrail is surely broken.")
    )
    guardrail_broken_at = models.DateTimeField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    winner = models.ForeignKey(
        "recommender.Arm",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # The model version that a promotion replaced: where rolling back leads.
    replaced_version = models.ForeignKey(
        "recommender.ModelVersion",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Whether the winner's settings are what everybody gets.
    is_in_force = models.BooleanField(default=False, editable=False)
    report = models.JSONField(default=dict, blank=True, editable=False)
    reported_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        """Newest first; one running and one in force on each surface."""

        ordering = ["-id"]
        permissions = [("run_experiment", _("Can start, stop, promote and roll back experiments"))]
        constraints = [
            models.UniqueConstraint(
                fields=["surface"], condition=Q(status="running"), name="experiment_one_running"
            ),
            models.UniqueConstraint(
                fields=["surface"], condition=Q(is_in_force=True), name="experiment_one_in_force"
            ),
            models.CheckConstraint(
                condition=Q(is_in_force=False) | Q(status="promoted", winner__isnull=False),
                name="experiment_in_force_is_promoted",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(started_at__isnull=False),
                name="experiment_started_has_time",
            ),
            models.CheckConstraint(
                condition=Q(hide_margin__gte=0, hide_margin__lte=1),
                name="experiment_margin_is_share",
            ),
        ]
        indexes = [
            # What every request reads: a handful of rows, whatever was tried before.
            models.Index(
                fields=["id"],
                condition=Q(status="running") | Q(is_in_force=True),
                name="experiment_serving",
            )
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Arm(models.Model):
    """One way of serving within an experiment; what is left empty is as it is served anyway."""

    class Ranking(models.TextChoices):
        """What orders the films."""

        MODEL = "model", _("the model")
        POPULARITY = "popularity", _("popularity among films of the kind one likes")

    class RowPolicy(models.TextChoices):
        """What decides which row of the home page comes first."""

        FIXED = "fixed", _("as designed")
        UNIFORM = "uniform", _("at random (what replay evaluation learns from)")
        THOMPSON = "thompson", _("Thompson sampling by time of day and device")

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="arms")
    name = models.SlugField(max_length=40)
    is_control = models.BooleanField(default=False)
    share = models.PositiveSmallIntegerField(
        default=50, help_text=_("Its part of the traffic, against the other arms' shares.")
    )
    ranking = models.CharField(max_length=12, choices=Ranking, default=Ranking.MODEL)
    model_version = models.ForeignKey(
        "recommender.ModelVersion",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="arms",
        help_text=_("Empty: the version that is active when the experiment starts."),
    )
    diversity = models.FloatField(
        null=True, blank=True, help_text=_("Share of likeness in the trade (MMR), 0 to 1.")
    )
    # Dials for people who have not turned their own (see `dials`).
    obscurity = models.FloatField(null=True, blank=True, help_text=_("-1 popular to 1 obscure."))
    adventure = models.FloatField(null=True, blank=True, help_text=_("-1 safe to 1 adventurous."))
    newness = models.FloatField(null=True, blank=True, help_text=_("-1 old to 1 new."))
    row_policy = models.CharField(max_length=12, choices=RowPolicy, default=RowPolicy.FIXED)

    class Meta:
        """In the order they were made; one control."""

        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["experiment", "name"], name="arm_unique_name"),
            models.UniqueConstraint(
                fields=["experiment"], condition=Q(is_control=True), name="arm_one_control"
            ),
            models.CheckConstraint(
                condition=Q(share__gte=1, share__lte=1000), name="arm_share_in_range"
            ),
            models.CheckConstraint(
                condition=Q(diversity__isnull=True) | Q(diversity__gte=0, diversity__lte=1),
                name="arm_diversity_is_share",
            ),
            models.CheckConstraint(
                condition=(Q(obscurity=None) | Q(obscurity__range=(-1, 1)))
                & (Q(adventure=None) | Q(adventure__range=(-1, 1)))
                & (Q(newness=None) | Q(newness__range=(-1, 1))),
                name="arm_dials_in_range",
            ),
            models.CheckConstraint(
                condition=~Q(ranking="popularity") | Q(model_version__isnull=True),
                name="arm_popularity_has_no_model",
            ),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class Exposure(models.Model):
    """That somebody was shown an arm, noted the first time; a person is counted under one key."""

    experiment = models.ForeignKey(Experiment, on_delete=models.CASCADE, related_name="exposures")
    arm = models.ForeignKey(Arm, on_delete=models.CASCADE, related_name="exposures")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # Whom the hash assigned to the arm: the id of the user, or of the guest they were before.
    subject_key = models.BigIntegerField()
    first_at = models.DateTimeField()

    class Meta:
        """Once a subject and experiment."""

        constraints = [
            models.UniqueConstraint(
                fields=["experiment", "subject_key"], name="exposure_unique_subject"
            )
        ]

    def __str__(self) -> str:
        """Return who and what."""
        return f"{self.subject_key}:{self.arm_id}"


class RowDecision(models.Model):
    """Which row an arm put first on one home page, with what it could have, and what came of it."""

    arm = models.ForeignKey(Arm, on_delete=models.CASCADE, related_name="decisions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    recommendation_id = models.UUIDField(unique=True)
    context = models.CharField(max_length=24)
    candidates = models.JSONField()
    chosen = models.CharField(max_length=24)
    is_clicked = models.BooleanField(default=False)
    # Whether the posterior has counted this decision, clicked or not.
    is_learnt = models.BooleanField(default=False)
    decided_at = models.DateTimeField()

    class Meta:
        """What the learning job still has to read is found by an index."""

        indexes = [
            models.Index(
                fields=["decided_at"], condition=Q(is_learnt=False), name="row_decision_unlearnt"
            ),
            models.Index(fields=["arm", "decided_at"], name="row_decision_of_arm"),
        ]

    def __str__(self) -> str:
        """Return what was chosen where."""
        return f"{self.context}: {self.chosen}"


class RowPosterior(models.Model):
    """What an arm's bandit believes of one row in one context: Beta(alpha, beta) clicks."""

    arm = models.ForeignKey(Arm, on_delete=models.CASCADE, related_name="posteriors")
    context = models.CharField(max_length=24)
    row = models.CharField(max_length=24)
    alpha = models.FloatField()
    beta = models.FloatField()
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        """One belief for each arm, context and row."""

        constraints = [
            models.UniqueConstraint(fields=["arm", "context", "row"], name="row_posterior_unique"),
            models.CheckConstraint(
                condition=Q(alpha__gt=0, beta__gt=0), name="row_posterior_positive"
            ),
        ]

    def __str__(self) -> str:
        """Return the row and its belief."""
        return f"{self.context} {self.row}: {self.alpha:.1f}/{self.beta:.1f}"
