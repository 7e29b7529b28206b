"""What an import holds of people's writing about films, and the private notes it becomes."""

from collections.abc import Iterable

from django.utils import timezone

from accounts.models import User
from catalog.diary_models import MovieNote
from catalog.import_models import ImportedFilm

BATCH_ROWS = 500


def add_notes(owner: User, films: Iterable[ImportedFilm]) -> dict[str, int]:
    """Write the notes of films that have none yet; return how many, and how many stayed.

    A note that is here already stays as it is: nobody loses what they wrote.
    """
    mine = dict(MovieNote.objects.filter(user=owner).values_list("movie_id", "text"))
    made: list[MovieNote] = []
    kept, now = 0, timezone.now()
    for film in films:
        if not film.note or film.movie_id is None:
            continue
        if film.movie_id in mine:
            kept += mine[film.movie_id] != film.note
            continue
        film.has_noted = True
        at = film.noted_at or now
        made.append(MovieNote(user=owner, movie_id=film.movie_id, text=film.note, created_at=at))
    MovieNote.objects.bulk_create(made, batch_size=BATCH_ROWS)
    return {"notes": len(made), "notes_kept": kept}


def remove_notes(owner: User, films: Iterable[ImportedFilm]) -> dict[str, int]:
    """Take an import's notes away, but those changed by hand; return how many of each."""
    texts = {film.movie_id: film.note for film in films if film.has_noted and film.movie_id}
    mine = list(MovieNote.objects.filter(user=owner, movie_id__in=texts))
    gone = [note.pk for note in mine if note.text == texts[note.movie_id]]
    MovieNote.objects.filter(pk__in=gone).delete()
    return {"notes": len(gone), "notes_kept": len(mine) - len(gone)}
