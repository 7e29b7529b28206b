"""What may be asked of the list of all movies: the form in the address, and the movies it means."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.filters import (
    FIRST_DECADE,
    LAST_YEAR,
    ORDERINGS,
    keep_in_order,
    keep_length,
    leave_out_genres,
    leave_out_seen,
)
from catalog.knowledge import (
    Fact,
    ask_genres,
    ask_rating,
    ask_year,
    keep_fitting,
    keep_unknown,
    may_lack,
)
from catalog.models import Movie
from catalog.search import MAX_QUERY_CHARACTERS, find_matches
from catalog.selectors import MovieCard, get_genres, is_genre

FIRST_YEAR = 1870
RATINGS = ("3", "3.5", "4")
ONLY = "only"
"""What `unknown` is where films not known to fit are wanted, and no others."""
SORTS = [
    ("", _("Nearest to the title")),
    ("best", _("Best rated")),
    ("newest", _("Newest")),
    ("oldest", _("Oldest")),
    ("title", _("Title")),
    ("popular", _("Most rated")),
]


def _get_decades() -> list[tuple[str, str]]:
    latest = datetime.now(tz=UTC).year // 10 * 10
    decades = range(latest, FIRST_DECADE - 1, -10)
    named = [(str(year), str(_("%(year)ds")) % {"year": year}) for year in decades]
    return [("", str(_("Any decade"))), *named]


class BrowseForm(forms.Form):
    """Words of the title, filters and order, all optional, from the address of the page."""

    # Where each field stands on the page: at once, or behind "More filters".
    MAIN: ClassVar = ("q", "decade", "sort")
    MORE: ClassVar = ("year_from", "year_to", "runtime", "rating", "unseen", "unknown")
    GENRES: ClassVar = ("genre", "without")

    q = forms.CharField(
        label=_("Title"), required=False, max_length=MAX_QUERY_CHARACTERS, widget=forms.SearchInput
    )
    decade = forms.TypedChoiceField(
        label=_("Decade"), required=False, coerce=int, empty_value=None, choices=_get_decades
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=SORTS)
    genre = forms.MultipleChoiceField(
        label=_("Any of these genres"), required=False, widget=forms.CheckboxSelectMultiple
    )
    without = forms.MultipleChoiceField(
        label=_("None of these"), required=False, widget=forms.CheckboxSelectMultiple
    )
    year_from = forms.IntegerField(
        label=_("From year"), required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR
    )
    year_to = forms.IntegerField(
        label=_("To year"), required=False, min_value=FIRST_YEAR, max_value=LAST_YEAR
    )
    runtime = forms.ChoiceField(
        label=_("Length"),
        required=False,
        choices=[
            ("", _("Any length")),
            ("short", _("Up to 1½ hours")),
            ("usual", _("1½ to 2 hours")),
            ("long", _("2 to 2½ hours")),
            ("epic", _("Longer")),
        ],
    )
    rating = forms.TypedChoiceField(
        label=_("Rated at least"),
        required=False,
        coerce=float,
        empty_value=None,
        choices=[("", _("Any rating")), *((stars, stars) for stars in RATINGS)],
    )
    unseen = forms.BooleanField(label=_("Only films I have not seen"), required=False)
    unknown = forms.BooleanField(
        label=_("Also films whose year, rating or genre is not known"), required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.genres = {genre.slug: genre for genre in get_genres()}
        named = [(slug, _(genre.name)) for slug, genre in self.genres.items()]
        for name in self.GENRES:
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - as declared above
            field.choices = named
            field.error_messages["invalid_choice"] = _("There is no genre “%(value)s” here.")
        self.data = self._read_genres()
        if not self.data.get("q"):
            # Without words there is no likeness to sort by: the usual order is the most rated.
            sort = self.fields["sort"]
            assert isinstance(sort, forms.ChoiceField)  # noqa: S101 - as declared above
            sort.choices = [("", _("Most rated")), *SORTS[1:-1]]

    def _read_genres(self) -> Any:
        """Return what was sent with genres as the boxes have them, if called by name as well."""
        known = {
            name.casefold(): slug
            for slug, genre in self.genres.items()
            for name in (str(_(genre.name)), genre.name, slug)
        }
        data: Any = self.data  # a QueryDict, or a dict
        sent = data.copy()
        for name in self.GENRES:
            if name in sent:
                read = [known.get(text.strip().casefold(), text) for text in self._get_sent(name)]
                if isinstance(sent, MultiValueDict):
                    sent.setlist(name, read)
                else:
                    sent[name] = read
        return sent

    def _get_sent(self, name: str) -> list[str]:
        return self.fields[name].widget.value_from_datadict(self.data, self.files, name) or []

    def clean_q(self) -> str:
        """Return the words as Postgres can take them."""
        words: str = self.cleaned_data["q"].replace("\x00", "")
        return words

    def clean(self) -> dict[str, Any]:
        """Refuse a range of years that ends before it begins.

        Raises:
            ValidationError: It does.
        """
        asked = super().clean() or self.cleaned_data
        for name in self.GENRES:
            # One that is none is said, and the others are kept to.
            if name in self.errors:
                asked[name] = [slug for slug in self._get_sent(name) if slug in self.genres]
        first, last = asked.get("year_from"), asked.get("year_to")
        if first is not None and last is not None and last < first:
            text = _("The last year is before the first.")
            raise ValidationError({"year_to": text})
        return asked

    @cached_property
    def matching_ids(self) -> tuple[int, ...]:
        """The movies whose titles match the words, the nearest first."""
        found = find_matches(self.cleaned_data["q"])
        return (*found.close, *found.loose)

    @property
    def only_unknown(self) -> bool:
        """Whether of the movies not known to fit no others are wanted."""
        return bool(self.data.get("unknown") == ONLY)

    @property
    def more_count(self) -> int:
        """How many of the fields behind "More filters" are in use."""
        return sum(bool(self.cleaned_data.get(name)) for name in (*self.MORE, *self.GENRES))

    @property
    def is_narrowed(self) -> bool:
        """Whether anything at all is asked for."""
        return any(self.cleaned_data.get(name) for name in (*self.MAIN, *self.MORE, *self.GENRES))

    def get_genre_names(self, field: str) -> list[str]:
        """Return the names of the genres asked for, or of those not wanted."""
        return [self.genres[slug].name for slug in self.cleaned_data.get(field, ())]


def filter_movies(form: BrowseForm, *, viewer: User | None) -> list[QuerySet[Movie]]:
    """Return the movies asked for, in order; what is not a valid question is left out of it.

    Movies of unknown length stay, behind those whose length is known; those of unknown year, rating
    or genre only where they are asked for too: then they are a second query, to come behind all of
    the first, so that who reads the first films need not wait for the others to be found. With
    `ONLY` these are all.
    """
    form.is_valid()
    facts = _list_facts(form)
    movies = _order(_leave_out(form, viewer), form)
    fitting, unknown = keep_fitting(facts), keep_unknown(facts)
    if unknown is None or not form.cleaned_data.get("unknown"):
        return [movies.filter(fitting)]
    both = [movies.filter(fitting), movies.filter(unknown)]
    return both[1:] if form.only_unknown else both


def may_leave_out(form: BrowseForm) -> bool:
    """Whether movies are left out only because a year, rating or genre is not known, if any is.

    Nobody counts them: at 62,000 movies that takes several times as long as the page.
    """
    return may_lack(_list_facts(form)) and not form.cleaned_data.get("unknown")


def name_unknown(form: BrowseForm, card: MovieCard) -> str:
    """Return what of that which is asked for is not known of a movie, in words; "" where all is."""
    asked, missing = form.cleaned_data, list[str]()
    if asked.get("runtime") and not card.runtime_minutes:
        missing.append(str(_("Length unknown")))
    has_years = any(asked.get(name) is not None for name in ("decade", "year_from", "year_to"))
    if has_years and not card.year:
        missing.append(str(_("Year unknown")))
    if asked.get("rating") is not None and card.rating_mean is None:
        missing.append(str(_("Not rated yet")))
    if asked.get("genre") and not any(map(is_genre, card.genres)):
        missing.append(str(_("Genre unknown")))
    return ", ".join(missing)


def _list_facts(form: BrowseForm) -> list[Fact]:
    asked, facts = form.cleaned_data, list[Fact]()
    if (decade := asked.get("decade")) is not None:
        facts.append(ask_year(decade, decade + 9))
    first, last = asked.get("year_from"), asked.get("year_to")
    if first is not None or last is not None:
        facts.append(ask_year(first, last))
    if asked.get("rating") is not None:
        facts.append(ask_rating(asked["rating"]))
    if wanted := [form.genres[slug] for slug in asked.get("genre", ())]:
        facts.append(ask_genres(wanted, genres=list(form.genres.values())))
    return facts


def _leave_out(form: BrowseForm, viewer: User | None) -> QuerySet[Movie]:
    """Return all movies but those of genres not wanted and, if asked for, those seen."""
    unwanted = [form.genres[slug].pk for slug in form.cleaned_data.get("without", ())]
    movies = leave_out_genres(Movie.objects.all(), unwanted)
    if form.cleaned_data.get("unseen") and viewer is not None:
        movies = leave_out_seen(movies, viewer)
    return movies


def _order(movies: QuerySet[Movie], form: BrowseForm) -> QuerySet[Movie]:
    """Keep to title and length, which both have a say in the order."""
    asked = form.cleaned_data
    movies = movies.order_by(*ORDERINGS[asked.get("sort") or "popular"])
    if asked.get("q"):
        ids = form.matching_ids
        movies = movies.filter(pk__in=ids) if asked.get("sort") else keep_in_order(movies, ids)
    return keep_length(movies, asked["runtime"]) if asked.get("runtime") else movies
