"""What is remembered of a person's imports: the upload, its films, and what each one changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from catalog.list_models import MAX_ENTRY_NOTE, MAX_LIST_NOTE, MAX_NAME


class HistoryImport(models.Model):
    """One uploaded export of another site, from the upload to its undoing."""

    class Status(models.TextChoices):
        """Where it stands; a worker has something to do for queued, applying and undoing."""

        QUEUED = "queued", _("waiting to be read")
        READY = "ready", _("waiting for your review")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")
        UNDOING = "undoing", _("being undone")
        UNDONE = "undone", _("undone")
        FAILED = "failed", _("could not be read")
        DISCARDED = "discarded", _("discarded")

    class Policy(models.TextChoices):
        """Whose stars count for a film that is rated here already."""

        KEEP = "keep", _("Keep mine")
        REPLACE = "replace", _("Take those of the file")
        NEWEST = "newest", _("Take the newer of the two")

    PENDING = (Status.QUEUED, Status.APPLYING, Status.UNDOING)

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="imports"
    )
    file_name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    # The upload's name in the default storage; empty once it was read and deleted.
    stored_as = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    policy = models.CharField(max_length=8, choices=Policy, default=Policy.KEEP)
    films_done = models.PositiveIntegerField(default=0)
    films_total = models.PositiveIntegerField(default=0)
    # How often a worker began to read it: what kills workers is not tried for ever.
    attempts = models.PositiveSmallIntegerField(default=0)
    # Lines that could not be read, remarks and the reason of a failure, as messages with their
    # parameters, so that each reader sees them in their own language.
    problems = models.JSONField(default=list)
    problem_count = models.PositiveIntegerField(default=0)
    remarks = models.JSONField(default=list)
    error = models.JSONField(default=dict)
    # What applying and undoing did, as numbers by name.
    summary = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="applied") | Q(applied_at__isnull=False),
                name="history_import_applied_when",
            )
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="history_import_newest"),
            models.Index(
                fields=["created_at"],
                condition=Q(status__in=("queued", "applying", "undoing")),
                name="history_import_pending",
            ),
        ]

    def __str__(self) -> str:
        """Return the file's name and where the import stands."""
        return f"{self.file_name} ({self.status})"


class ImportedFilm(models.Model):
    """One film of an import: as the file has it, the movie it was taken for, what was changed."""

    class Match(models.TextChoices):
        """How sure it is which movie is meant."""

        MATCHED = "matched", _("found")
        DOUBTFUL = "doubtful", _("not sure")
        UNMATCHED = "unmatched", _("not found")
        REFUSED = "refused", _("left out by you")

    class Outcome(models.TextChoices):
        """What applying did to the rating; empty where it did nothing."""

        NONE = "", _("nothing")
        ADDED = "added", _("added")
        CHANGED = "changed", _("changed")

    history_import = models.ForeignKey(
        HistoryImport, on_delete=models.CASCADE, related_name="films"
    )
    position = models.PositiveIntegerField()
    where = models.CharField(max_length=250, help_text="File and line, such as ratings.csv:12.")
    title = models.CharField(max_length=500, blank=True)
    year = models.PositiveSmallIntegerField(null=True)
    stars = models.DecimalField(max_digits=2, decimal_places=1, null=True)
    # When the stars were given, for "the newer of the two"; when it was watched, for the history.
    rated_at = models.DateTimeField(null=True)
    watched_at = models.DateTimeField(null=True)
    # Its place in the history, where a file of ours says that and no date of watching.
    placed_at = models.DateTimeField(null=True)
    is_seen = models.BooleanField(default=False)
    is_listed = models.BooleanField(default=False)
    listed_at = models.DateTimeField(null=True)
    # Days on which it was watched; once applied, those that were added to the diary.
    days = models.JSONField(default=list)
    # What was written of it, and when; once applied, what was written into the note.
    note = models.TextField(blank=True)
    noted_at = models.DateTimeField(null=True)
    # When it was hidden, or muted as a reason, by the mark; once applied, the marks that were made.
    marks = models.JSONField(default=dict)
    match = models.CharField(max_length=10, choices=Match)
    movie = models.ForeignKey(
        "catalog.Movie", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # Ids of movies it may be, likeliest first.
    candidates = models.JSONField(default=list)
    outcome = models.CharField(max_length=8, choices=Outcome, blank=True)
    has_listed = models.BooleanField(default=False)
    has_marked_seen = models.BooleanField(default=False)
    has_noted = models.BooleanField(default=False)
    # The rating as it was before and as applying left it: undo puts the first back where it finds
    # the second.
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["history_import", "position"], name="imported_film_position"
            ),
            models.CheckConstraint(
                condition=Q(stars__isnull=True) | Q(stars__gte=0.5, stars__lte=5),
                name="imported_film_stars_in_range",
            ),
        ]
        indexes = [
            models.Index(
                fields=["history_import", "match", "position"], name="imported_film_review"
            )
        ]

    def __str__(self) -> str:
        """Return the title with the year where it is known."""
        return f"{self.title} ({self.year})" if self.year else self.title


class ImportedList(models.Model):
    """A list of films in an import: as the file has it, and the person's list that it went into."""

    history_import = models.ForeignKey(
        HistoryImport, on_delete=models.CASCADE, related_name="lists"
    )
    position = models.PositiveIntegerField()
    where = models.CharField(max_length=250)
    name = models.CharField(max_length=MAX_NAME)
    note = models.TextField(max_length=MAX_LIST_NOTE, blank=True)
    is_public = models.BooleanField(default=False)
    made_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    is_wanted = models.BooleanField(default=True)
    # Empty where applying did nothing, as the list was here already with all its films.
    outcome = models.CharField(max_length=8, choices=ImportedFilm.Outcome, blank=True)
    film_list = models.ForeignKey(
        "catalog.FilmList", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # When the list was last changed before applying and as that left it: every change by hand
    # moves it on, so it tells whether undo may take the list away.
    before_at = models.DateTimeField(null=True)
    after_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["history_import", "position"], name="imported_list_position"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="imported_list_has_a_name"),
        ]

    def __str__(self) -> str:
        """Return the name."""
        return self.name


class ImportedListEntry(models.Model):
    """A film's place on a list of an import, and whether applying put it there."""

    imported_list = models.ForeignKey(
        ImportedList, on_delete=models.CASCADE, related_name="entries"
    )
    film = models.ForeignKey(ImportedFilm, on_delete=models.CASCADE, related_name="places")
    position = models.PositiveIntegerField()
    note = models.CharField(max_length=MAX_ENTRY_NOTE, blank=True)
    added_at = models.DateTimeField(null=True)
    has_added = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["imported_list", "film"], name="imported_list_entry_unique_film"
            )
        ]

    def __str__(self) -> str:
        """Return the list, the place and the film."""
        return f"{self.imported_list_id} {self.position}:{self.film_id}"


class SeenMovie(models.Model):
    """A movie somebody has seen and given no stars: it is not recommended to them again."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="seen_movies"
    )
    movie = models.ForeignKey("catalog.Movie", on_delete=models.CASCADE, related_name="+")
    watched_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "movie"], name="seen_unique_user_movie")
        ]

    def __str__(self) -> str:
        """Return who and what."""
        return f"{self.user_id}:{self.movie_id}"
