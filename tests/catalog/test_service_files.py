from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from catalog.models import Availability, Service
from catalog.service_files import MAX_ERRORS, ServiceFileError, import_services
from tests.catalog.factories import make_movie, read_catalogue_version

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def catalogue(settings: Settings) -> None:
    settings.SERVICE_COUNTRIES = ["DE", "US"]
    make_movie(1, imdb_id="tt0114709", tmdb_id=862)
    make_movie(2, imdb_id="tt0113497", tmdb_id=8844)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "services.csv"


def take(file: Path, *lines: str) -> list[tuple[int, str, str, str]]:
    """Import these lines; return all offers there are."""
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    import_services(path=file)
    offers = Availability.objects.order_by("movie_id", "service__slug", "country", "offer")
    return list(offers.values_list("movie_id", "service__slug", "country", "offer"))


def test_films_are_named_by_any_of_three_ids(file: Path) -> None:
    offers = take(
        file,
        "service,movie_id,imdb_id,tmdb_id,country,offer",
        "Kino Haus,1,,,,",
        "Streamly,,tt113497,,us,Rent",
        "Streamly,,,862,US,",
    )
    assert offers == [
        (1, "kino-haus", "DE", "subscription"),
        (1, "streamly", "US", "subscription"),
        (2, "streamly", "US", "rent"),
    ]
    assert Service.objects.get(slug="kino-haus").name == "Kino Haus"


def test_file_replaces_what_an_earlier_one_said_of_its_services(file: Path) -> None:
    head = "movie_id,service,country"
    take(file, head, "1,A,DE", "2,A,DE", "1,A,US", "1,B,DE")
    before = read_catalogue_version()
    assert take(file, head, "2,A,DE") == [
        (1, "a", "US", "subscription"),
        (1, "b", "DE", "subscription"),
        (2, "a", "DE", "subscription"),
    ]
    assert read_catalogue_version() > before


def test_what_tmdb_says_is_left_alone(file: Path) -> None:
    service = Service.objects.create(slug="a", name="A (TMDB)", tmdb_id=8)
    Availability.objects.create(movie_id=1, service=service, country="DE", source="tmdb")
    assert take(file, "movie_id,service", "2,a") == [
        (1, "a", "DE", "subscription"),
        (2, "a", "DE", "subscription"),
    ]
    assert Service.objects.get().name == "A (TMDB)"


def test_same_file_twice_changes_nothing(file: Path) -> None:
    lines = ("\ufeffmovie_id , Service", " 1 , A ", "", "1,A")
    assert take(file, *lines) == take(file, *lines) == [(1, "a", "DE", "subscription")]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("9,A,DE,", "line 3: no movie has movie_id 9"),
        ("x,A,DE,", "line 3: 'x' is no movie_id"),
        ("99999999999,A,DE,", "line 3: '99999999999' is no movie_id"),
        (",A,DE,", "line 3: no id of a film"),
        ("1,,DE,", "line 3: '' is no name of a service"),
        ("1,???,DE,", "line 3: '???' is no name of a service"),
        ("1,A,Germany,", "line 3: 'GERMANY' is no country"),
        ("1,A,DE,lend", "line 3: 'lend' is no offer; it must be one of subscription, free"),
        ("1,A", "line 3: 2 cells, but the header has 4 columns"),
        ('1,"A,DE,', "line 3: unexpected end of data"),
    ],
)
def test_wrong_line_is_named_and_nothing_taken(file: Path, line: str, problem: str) -> None:
    with pytest.raises(ServiceFileError, match="line 3") as caught:
        take(file, "movie_id,service,country,offer", "1,Good,DE,", line)
    assert problem in str(caught.value)
    assert not Service.objects.exists()
    assert not Availability.objects.exists()


@pytest.mark.parametrize(
    "header", ["", "service", "movie_id", "movie_id,service,price", "movie_id,service,service"]
)
def test_header_says_what_it_must_name(file: Path, header: str) -> None:
    with pytest.raises(ServiceFileError, match="line 1"):
        take(file, header, "1,A")


def test_many_wrong_lines_are_cut_short(file: Path) -> None:
    with pytest.raises(ServiceFileError) as caught:
        take(file, "movie_id,service", *["x,A"] * 500)
    assert str(caught.value).count("\n") == MAX_ERRORS
    assert str(caught.value).endswith("… and more")


def test_what_is_no_text_or_no_file_is_refused(file: Path) -> None:
    with pytest.raises(ServiceFileError, match="cannot be read"):
        import_services(path=file)
    file.write_bytes(b"movie_id,service\n1,\xff\n")
    with pytest.raises(ServiceFileError, match="UTF-8"):
        import_services(path=file)


def test_command_says_what_it_took_and_what_is_wrong(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("movie_id,service\n1,A\n2,B\n")
    call_command("import_services", str(file))
    assert "2 offers of 2 films on 2 services (2 new): A, B" in capsys.readouterr().out
    file.write_text("movie_id,service\n7,A\n")
    with pytest.raises(CommandError, match="nothing was changed:\nline 2: no movie has movie_id 7"):
        call_command("import_services", str(file))
