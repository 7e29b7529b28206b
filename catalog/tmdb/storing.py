"""Writes what TMDB said of a film beside what others said, and takes it back when it is too old."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from catalog.fact_models import Availability, Credit, Person, Service, Source, TmdbRecord
from catalog.models import Movie
from catalog.posters.kept import drop_poster
from catalog.tmdb.parsing import FilmAnswer, NamedOffer, NamedPerson


class MovieGoneError(Exception):
    """The movie was deleted meanwhile, and its record with it."""


def update_record(record: TmdbRecord, **values: Any) -> None:
    """Change columns of a record, here and in the database; nothing happens where it is gone."""
    for name, value in values.items():
        setattr(record, name, value)
    TmdbRecord.objects.filter(pk=record.pk).update(**values)


@transaction.atomic
def store_film(*, record: TmdbRecord, answer: FilmAnswer) -> bool:
    """Keep an answer; return whether anything that pages show has changed.

    What somebody typed or brought in by a file stays: TMDB replaces its own words alone.

    Raises:
        MovieGoneError: The movie is not there any more.
    """
    if not Movie.objects.select_for_update(no_key=True).filter(pk=record.movie_id).exists():
        raise MovieGoneError
    has_changed = _store_runtime(record, answer.runtime_minutes)
    update_record(
        record,
        overview=answer.overview,
        tagline=answer.tagline,
        runtime_minutes=answer.runtime_minutes,
        poster_path=answer.poster_path,
    )
    has_changed |= _store_people(record.movie_id, Credit.Job.DIRECTOR, answer.directors)
    has_changed |= _store_people(record.movie_id, Credit.Job.ACTOR, answer.cast)
    has_changed |= _store_offers(record.movie_id, answer.offers)
    return has_changed


@transaction.atomic
def forget_film(*, record: TmdbRecord) -> bool:
    """Delete all that TMDB said of a film, its poster too; return whether there was anything."""
    had_facts = record.fetched_at is not None
    _store_runtime(record, None)
    Credit.objects.filter(movie_id=record.movie_id, source=Source.TMDB).delete()
    Availability.objects.filter(movie_id=record.movie_id, source=Source.TMDB).delete()
    nothing = {"overview": "", "tagline": "", "poster_path": "", "etag": ""}
    update_record(record, runtime_minutes=None, fetched_at=None, **nothing)
    return forget_poster(record=record) or had_facts


@transaction.atomic
def forget_poster(*, record: TmdbRecord) -> bool:
    """Have a film's poster drawn again; return whether there was another."""
    key = find_poster_key(record.movie_id)
    update_record(record, poster_etag="", poster_fetched_at=None)
    if not key:
        return False
    Movie.objects.filter(pk=record.movie_id).update(poster_key="")
    transaction.on_commit(lambda: drop_poster(movie_id=record.movie_id, key=key))
    return True


def find_poster_key(movie_id: int) -> str:
    """Return what names a film's poster now; empty where it is drawn or the film is gone."""
    keys = Movie.objects.filter(pk=movie_id).values_list("poster_key", flat=True)
    return keys.first() or ""


def delete_unused_people() -> int:
    """Delete the people TMDB named who have no film any more; return how many."""
    unused = Person.objects.filter(tmdb_id__isnull=False, credits__isnull=True)
    return unused.delete()[0]


def _store_runtime(record: TmdbRecord, minutes: int | None) -> bool:
    """Change the movie's runtime where it is unknown or still as TMDB gave it."""
    movies = Movie.objects.filter(pk=record.movie_id).exclude(runtime_minutes=minutes)
    if minutes is None:
        movies = Movie.objects.filter(pk=record.movie_id, runtime_minutes__isnull=False)
    ours = Q(runtime_minutes__isnull=True) | Q(runtime_minutes=record.runtime_minutes)
    return movies.filter(ours).update(runtime_minutes=minutes) > 0


def _store_people(movie_id: int, job: str, people: tuple[NamedPerson, ...] | None) -> bool:
    if people is None:
        return False
    ids = _find_people(people)
    wanted = [(ids[person.tmdb_id], order, person.character) for order, person in enumerate(people)]
    kept = Credit.objects.filter(movie_id=movie_id, job=job, source=Source.TMDB)
    if sorted(kept.values_list("person_id", "order", "character")) == sorted(wanted):
        return False
    kept.delete()
    rows = [
        Credit(
            movie_id=movie_id,
            person_id=person_id,
            job=job,
            order=order,
            character=character,
            source=Source.TMDB,
        )
        for person_id, order, character in wanted
    ]
    # One whom an operator named as well stays as the operator has them.
    Credit.objects.bulk_create(rows, ignore_conflicts=True)
    return True


def _find_people(people: Sequence[NamedPerson]) -> dict[int, int]:
    """Return TMDB id → id of our own, making those who are new and taking over new names."""
    names = {person.tmdb_id: person.name for person in people}
    known = Person.objects.filter(tmdb_id__in=names)
    old = dict(known.values_list("tmdb_id", "name"))
    new = [Person(tmdb_id=pk, name=name) for pk, name in sorted(names.items()) if pk not in old]
    Person.objects.bulk_create(new, ignore_conflicts=True)
    for tmdb_id, name in old.items():
        if tmdb_id is not None and names[tmdb_id] != name:
            Person.objects.filter(tmdb_id=tmdb_id).update(name=names[tmdb_id])
    return {tmdb_id: pk for tmdb_id, pk in known.values_list("tmdb_id", "pk") if tmdb_id}


def _store_offers(movie_id: int, offers: tuple[NamedOffer, ...] | None) -> bool:
    """Keep the offers of the settings' countries."""
    if offers is None:
        return False
    asked = [offer for offer in offers if offer.country in settings.SERVICE_COUNTRIES]
    ids = find_services({offer.tmdb_id: offer.name for offer in asked})
    wanted = sorted({(ids[offer.tmdb_id], offer.country, offer.offer) for offer in asked})
    kept = Availability.objects.filter(movie_id=movie_id, source=Source.TMDB)
    if sorted(kept.values_list("service_id", "country", "offer")) == wanted:
        return False
    kept.delete()
    Availability.objects.bulk_create(
        Availability(
            movie_id=movie_id,
            service_id=service_id,
            country=country,
            offer=offer,
            source=Source.TMDB,
        )
        for service_id, country, offer in wanted
    )
    return True


def find_services(names: dict[int, str]) -> dict[int, int]:
    """Return TMDB id → id of our own for services, making those that are new.

    One that an operator's file named before is the same, and gets its id at TMDB.
    """
    rows = Service.objects.filter(tmdb_id__in=names).values_list("tmdb_id", "pk")
    known = {tmdb_id: pk for tmdb_id, pk in rows if tmdb_id is not None}
    for tmdb_id, name in sorted(names.items()):
        if tmdb_id in known:
            continue
        slug = slugify(name)[:60] or f"tmdb-{tmdb_id}"
        if Service.objects.filter(slug=slug, tmdb_id__isnull=True).update(tmdb_id=tmdb_id):
            known[tmdb_id] = Service.objects.get(tmdb_id=tmdb_id).pk
            continue
        if Service.objects.filter(slug=slug).exists():
            slug = f"{slug[:45]}-{tmdb_id}"
        known[tmdb_id] = Service.objects.create(slug=slug, name=name, tmdb_id=tmdb_id).pk
    return known
