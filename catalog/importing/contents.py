"""What an upload holds once it is read: films, and the lists they stand on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext_noop

from catalog.diary_models import MAX_MOVIE_NOTE
from catalog.importing.days import Day
from catalog.importing.notes import Note, Problem, make_note
from catalog.importing.rows import BadValueError, Row, clean_text, parse_time
from catalog.list_models import MAX_ENTRY_NOTE, MAX_LIST_NOTE, MAX_NAME
from catalog.lists.services import MAX_FILMS, MAX_LISTS

MAX_KEPT_PROBLEMS = 100
CUT = "…"
YES = ("yes", "true", "1")


@dataclass(slots=True, kw_only=True)
class Film:
    """A film of an upload; `stars` are 0.5 to 5 in halves, None where it is only seen or listed."""

    where: str
    title: str
    year: int | None
    movie_id: int | None
    imdb_id: str
    tmdb_id: int | None
    is_film: bool
    stars: Decimal | None = None
    priority: int = 0
    rated_at: datetime | None = None
    watched_at: datetime | None = None
    placed_at: datetime | None = None
    is_seen: bool = False
    is_listed: bool = False
    listed_at: datetime | None = None
    days: dict[str, Day] = field(default_factory=dict)  # by the day
    texts: dict[str, datetime | None] = field(default_factory=dict)  # when each was written
    note: str = ""
    noted_at: datetime | None = None
    marks: dict[str, str] = field(default_factory=dict)  # when it was marked so, by the mark

    def join_texts(self) -> str:
        """Return all that was written of the film, oldest first; one of several begins dated."""
        timed = sorted(self.texts.items(), key=lambda one: one[1].timestamp() if one[1] else 0.0)
        self.noted_at = next((at for _, at in timed if at), None)
        if len(timed) < 2:
            return "".join(self.texts)
        return "\n\n".join(f"{at.date()}: {text}" if at else text for text, at in timed)


@dataclass(slots=True)
class ListedFilm:
    """A film's place on a list; `added_at` is when it came onto it, where that is known."""

    film: Film
    position: int
    note: str
    added_at: datetime | None


@dataclass(slots=True, kw_only=True)
class UploadedList:
    """A list of an upload; its films are in the order of the file, each once."""

    where: str
    name: str
    note: str = ""
    is_public: bool = False
    made_at: datetime | None = None
    changed_at: datetime | None = None
    entries: dict[int, ListedFilm] = field(default_factory=dict)  # by the film's identity
    dropped: int = 0


@dataclass(slots=True)
class Upload:
    """What an upload holds; `problems` are the first of `problem_count`."""

    films: list[Film] = field(default_factory=list)
    lists: list[UploadedList] = field(default_factory=list)
    formats: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    remarks: list[Note] = field(default_factory=list)
    row_count: int = 0
    skipped_count: int = 0  # series, episodes, games
    lists_dropped: int = 0
    cuts: list[str] = field(default_factory=list)  # where texts are that were too long

    def note_problem(self, problem: Problem) -> None:
        """Count a line that cannot be read, and keep the first of them."""
        self.problem_count += 1
        if len(self.problems) < MAX_KEPT_PROBLEMS:
            self.problems.append(problem)

    @property
    def format(self) -> str:
        """The site it comes from; plain where several are mixed."""
        return next(iter(self.formats)) if len(self.formats) == 1 else "plain"

    def start_list(self, head: Mapping[str, str], *, where: str) -> UploadedList | None:
        """Return a new list of what a file says of it; None where there are too many.

        `head` may have name, note, is_public (Yes), made_at and changed_at. Of two lists of one
        name the second gets a number, so that importing the file again finds each again.
        """
        if len(self.lists) >= MAX_LISTS:
            self.lists_dropped += 1
            return None
        made = UploadedList(
            where=where,
            name=self._find_free_name(" ".join(clean_text(head.get("name", "")).split()), where),
            note=self.cut(clean_text(head.get("note", "")), MAX_LIST_NOTE, where),
            is_public=head.get("is_public", "").strip().lower() in YES,
            made_at=self._read_time(head.get("made_at", ""), where),
            changed_at=self._read_time(head.get("changed_at", ""), where),
        )
        self.lists.append(made)
        return made

    def put(self, film: Film, row: Row, *, onto: UploadedList) -> None:
        """Put a film on a list, at the position that the row tells, else at its end."""
        place = row.position or len(onto.entries) + 1
        note = self.cut(row.entry_note, MAX_ENTRY_NOTE, row.where)
        onto.entries.setdefault(id(film), ListedFilm(film, place, note, row.added_at))

    def cut(self, text: str, most: int, where: str) -> str:
        """Return a text of no more characters than are kept, and remember where it was longer."""
        if len(text) <= most:
            return text
        self.cuts.append(where)
        return text[: most - len(CUT)].rstrip() + CUT

    def finish(self) -> None:
        """Put each film's texts together, and say in the remarks what did not fit."""
        for film in self.films:
            film.note = self.cut(film.join_texts(), MAX_MOVIE_NOTE, film.where)
        if self.cuts:
            text = gettext_noop(
                "%(count)s texts are longer than is kept here and were cut; the first: %(where)s."
            )
            self.remarks.append(make_note(text, count=len(self.cuts), where=self.cuts[0]))
        for one in self.lists:
            if one.dropped:
                text = gettext_noop(
                    "%(name)s has more than %(most)s films: the first %(most)s are taken."
                )
                self.remarks.append(make_note(text, name=one.where, most=MAX_FILMS))
        if self.lists_dropped:
            text = gettext_noop("It holds more than %(most)s lists: the first %(most)s are taken.")
            self.remarks.append(make_note(text, most=MAX_LISTS))

    def _find_free_name(self, name: str, where: str) -> str:
        name = self.cut(name or "?", MAX_NAME, where)
        taken = {one.name.lower() for one in self.lists}
        free, number = name, 1
        while free.lower() in taken:
            number += 1
            suffix = f" ({number})"
            free = name[: MAX_NAME - len(suffix)] + suffix
        return free

    def _read_time(self, text: str, where: str) -> datetime | None:
        try:
            return parse_time(text)
        except BadValueError as error:
            self.note_problem(Problem(where=where, text=error.text, values={"value": error.value}))
            return None
