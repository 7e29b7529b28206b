from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, models
from django.test import Client
from django.utils import timezone

from accounts import personal_data
from accounts.deletion import delete_account
from accounts.models import ApiToken, User
from accounts.services import create_api_token
from catalog.models import Movie
from catalog.services import UnknownUserError, add_to_watchlist, set_rating
from recommender.services import hide_movie
from tests.accounts.steps import NAME, log_in
from tests.catalog.factories import PASSWORD, make_member, make_movie


def find_traces(user_id: int, words: tuple[str, ...]) -> list[str]:
    """Return the columns of any table that still name a person, by key or in any text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND data_type IN "
            "('text', 'character varying', 'jsonb', 'json', 'inet')"
        )
        for table, column in cursor.fetchall():
            for word in words:
                sql = f'SELECT count(*) FROM "{table}" WHERE "{column}"::text LIKE %s'  # noqa: S608
                cursor.execute(sql, [f"%{word}%"])
                if cursor.fetchone()[0]:
                    found.append(f"{table}.{column}: {word}")
        cursor.execute(
            "SELECT source.relname, attribute.attname FROM pg_constraint AS key "
            "JOIN pg_class AS source ON source.oid = key.conrelid "
            "JOIN pg_attribute AS attribute ON attribute.attrelid = key.conrelid "
            "AND attribute.attnum = key.conkey[1] "
            "WHERE key.contype = 'f' AND key.confrelid = 'accounts_user'::regclass"
        )
        for table, column in cursor.fetchall():
            sql = f'SELECT count(*) FROM "{table}" WHERE "{column}" = %s'  # noqa: S608
            cursor.execute(sql, [user_id])
            if cursor.fetchone()[0]:
                found.append(f"{table}.{column}")
    return found


def fill_every_table_of(user: User) -> None:
    """Give a person a row wherever a model points at people."""
    movie = make_movie(1)
    set_rating(user=user, movie_id=movie.pk, stars=4)
    add_to_watchlist(user=user, movie_id=movie.pk)
    hide_movie(user=user, movie_id=movie.pk)
    create_api_token(user=user, name=f"phone of {NAME}")
    from django.apps import apps

    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            mine = {field.name: user}
            if field.related_model is User and not model._default_manager.filter(**mine):
                _make_row(model, field.name, user, movie)


def _make_row(model: type[models.Model], name: str, user: User, movie: Movie) -> None:
    values: dict[str, object] = {name: user}
    for field in model._meta.concrete_fields:
        if field.name == name or field.null or field.primary_key or field.has_default():
            continue
        if field.db_default is not models.NOT_PROVIDED or getattr(field, "auto_now_add", False):
            continue
        if field.related_model is Movie:
            values[field.name] = movie
        elif field.is_relation and isinstance(field.related_model, type):
            values[field.name] = _get_or_make(field.related_model)
        elif field.choices:
            values[field.name] = field.choices[0][0]
        elif not field.blank:
            values[field.name] = _make_value(field)
    model._default_manager.create(**values)


def _make_value(field: "models.Field[Any, Any]") -> object:
    """Return a value of a field's kind, the first kind that fits."""
    now = timezone.now()
    kinds: list[tuple[Any, object]] = [
        (models.DateTimeField, now),
        (models.DateField, now.date()),
        (models.GenericIPAddressField, "192.0.2.77"),
        (models.EmailField, f"{NAME}@example.org"),
        (models.UUIDField, "12345678123456781234567812345678"),
        (models.IntegerField | models.DecimalField | models.FloatField, 1),
        (models.JSONField, []),
        (models.CharField, NAME[: field.max_length]),
        (models.TextField, NAME),
    ]
    return next(value for kind, value in kinds if isinstance(field, kind))


def _get_or_make(model: type[models.Model]) -> models.Model:
    found = model._default_manager.first()
    if found is not None:
        return found
    values = {
        field.name: _get_or_make(field.related_model)
        for field in model._meta.concrete_fields
        if field.is_relation and not field.null and isinstance(field.related_model, type)
    }
    return model._default_manager.create(**values)


def test_no_table_names_a_deleted_person(browser: Client, zaphod: User) -> None:
    fill_every_table_of(zaphod)
    about = {"object_id": zaphod.pk, "object_repr": NAME, "change_message": f"renamed {NAME}"}
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=make_member("clerk"), content_type=kind, action_flag=2, **about)
    pk, words = zaphod.pk, (NAME, "192.0.2.77")
    assert len(find_traces(pk, words)) > 12

    answer = browser.post("/account/delete/", {"password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert find_traces(pk, words) == []
    assert not User.objects.filter(pk=pk).exists()
    with pytest.raises(UnknownUserError):
        set_rating(user=zaphod, movie_id=1, stars=4)
    assert "All that was yours is deleted." in browser.get("/").content.decode()


def test_deleted_person_is_logged_out_everywhere(browser: Client, zaphod: User) -> None:
    other = log_in()
    keys = [one.session.session_key for one in (browser, other)]
    browser.post("/account/delete/", {"password": PASSWORD})
    assert not any(SessionStore().exists(str(key)) for key in keys)


def test_wrong_password_deletes_nothing(browser: Client, zaphod: User) -> None:
    answer = browser.post("/account/delete/", {"password": "wrong", "is_sure": "on"})
    assert answer.status_code == 422
    assert "That is not your password." in answer.content.decode()
    assert User.objects.filter(pk=zaphod.pk).exists()


def test_passwords_cannot_be_tried_without_end(browser: Client, zaphod: User) -> None:
    statuses = [
        browser.post("/account/delete/", {"password": f"wrong {number}"}).status_code
        for number in range(12)
    ]
    assert statuses[-1] == 429
    browser.post("/account/delete/", {"password": PASSWORD})
    assert User.objects.filter(pk=zaphod.pk).exists()


def test_guest_deletes_everything_by_their_word(as_guest: Client, guest: User) -> None:
    make_movie(1)
    set_rating(user=guest, movie_id=1, stars=4)
    assert as_guest.post("/account/delete/", {}).status_code == 422
    answer = as_guest.post("/account/delete/", {"is_sure": "on"})
    assert answer.status_code == 302, answer.content.decode()
    assert find_traces(guest.pk, ("guest:1",)) == []


def test_deletion_needs_somebody_and_the_csrf_token(zaphod: User) -> None:
    assert Client().get("/account/delete/")["Location"] == "/account/"
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(zaphod)
    assert strict.post("/account/delete/", {"password": PASSWORD}).status_code == 403
    assert log_in().delete("/account/delete/").status_code == 405


def test_people_of_a_data_set_cannot_be_deleted_so(db: None) -> None:
    person = User.objects.create(username="ml:1", dataset="ml", dataset_user_id=1)
    assert not delete_account(user=person)
    assert User.objects.filter(pk=person.pk).exists()


def test_eraser_that_fails_leaves_everything(zaphod: User) -> None:
    def fail(_user: User) -> None:
        raise RuntimeError("no")

    personal_data.register_eraser("failing", fail)
    try:
        with pytest.raises(RuntimeError):
            delete_account(user=zaphod)
    finally:
        del personal_data._erasers["failing"]
    assert User.objects.filter(pk=zaphod.pk).exists()
    assert not ApiToken.objects.exists()
