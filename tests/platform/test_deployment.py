"""The files of a deployment, the settings and the documentation say the same, and nothing leaks."""

import re
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage

from accounts.token_mail import QUEUE as MAIL
from catalog.importing.container import MAX_UPLOAD_BYTES, MIB
from catalog.importing.queueing import QUEUE as IMPORTS
from catalog.tmdb.queueing import QUEUE as TMDB
from movieshow.launcher.services import describe_services
from tests.platform.conftest import ROOT

NGINX = (ROOT / "deploy/nginx/movieshow.conf").read_text()
EXAMPLE = (ROOT / "deploy/env.example").read_text()
OPERATIONS = (ROOT / "docs/operations.md").read_text()
READ_BY_SETTINGS = re.compile(
    r"(?:env\.\w+|_require|_read_\w+)\(\s*(?:env,\s*)?\"([A-Z][A-Z0-9_]+)\""
)
# Read by compose.yaml, by a unit or by granian, not by the settings.
OF_PROCESSES = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "TLS_DIRECTORY", "WEB_PROCESSES"}
# Of a laptop, of the setting up, or set by compose.yaml and the units: no operator gives them.
NOT_OF_SERVERS = {"MOVIESHOW_MIN_FREE_MB", "PROMETHEUS_MULTIPROC_DIR", "TORCH_INDEX_URL"}
MAKES_FILES_OR_MAIL = ("DATABASE_URL", "REDIS_URL", "MOVIESHOW_HOME", "HTTPS", "TRUST_PROXY")


def read_settings() -> set[str]:
    """Return the names of all variables that the settings read."""
    files = [ROOT / "movieshow/settings.py", *ROOT.glob("movieshow/*_settings.py")]
    return {name for file in files for name in READ_BY_SETTINGS.findall(file.read_text())}


def read_example() -> set[str]:
    """Return the names in env.example, those of defaults included."""
    return set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", EXAMPLE, re.MULTILINE))


def read_documented() -> set[str]:
    """Return the names in the table of settings."""
    table = OPERATIONS.split("## Settings")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`[^|]*`) \|", table, re.MULTILINE)
    return {name for cell in first_cells for name in re.findall(r"`([A-Z0-9_]+)`", cell)}


def read_services() -> dict[str, dict[str, Any]]:
    """Return the services of compose.yaml by name."""
    services: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())[
        "services"
    ]
    return services


def read_directive(name: str) -> set[str]:
    """Return what the proxy's configuration gives a directive, each once."""
    return set(re.findall(rf"^\s*{name}\s+(.*);$", NGINX, re.MULTILINE))


def test_example_has_every_setting_and_no_other() -> None:
    assert read_example() == read_settings() | OF_PROCESSES


def test_every_setting_is_documented() -> None:
    documented_elsewhere = OF_PROCESSES - {"WEB_PROCESSES"}
    assert read_documented() == (read_example() | NOT_OF_SERVERS) - documented_elsewhere


def test_what_the_example_says_reaches_each_process_of_compose() -> None:
    ours = [service for service in read_services().values() if service["image"] == "movieshow"]
    assert len(ours) == 6
    assert all(service["env_file"] == ".env" for service in ours)
    assert all(set(MAKES_FILES_OR_MAIL) <= set(service["environment"]) for service in ours)
    fixed = set(ours[0]["environment"]) - set(MAKES_FILES_OR_MAIL)
    assert fixed == {"ALLOWED_HOSTS"}


def test_compose_asks_for_what_it_needs_by_the_names_of_the_example() -> None:
    text = (ROOT / "compose.yaml").read_text()
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) <= read_example()


@pytest.mark.parametrize("queue", [TMDB, MAIL])
def test_who_asks_tmdb_or_sends_mail_has_a_way_out(queue: str) -> None:
    [networks] = [
        one["networks"] for one in read_services().values() if queue in one.get("command", [])
    ]
    assert "outside" in networks


def test_nothing_but_the_proxy_is_published() -> None:
    assert [name for name, service in read_services().items() if "ports" in service] == ["proxy"]


def test_redis_is_reached_by_the_sites_own_processes_alone() -> None:
    services = read_services()
    on_its_network = {name for name, one in services.items() if "queue" in one["networks"]}
    assert on_its_network == set(services) - {"postgres", "proxy"}
    assert services["proxy"]["networks"] == ["edge"]


@pytest.mark.parametrize("name", sorted(read_services()))
def test_no_container_has_more_rights_than_it_needs(name: str) -> None:
    service = read_services()[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "mem_limit" in service
    assert "cap_add" not in service or name == "proxy"


def test_proxy_collects_requests_before_it_passes_them_on() -> None:
    assert read_directive("proxy_request_buffering") == {"on"}
    assert read_directive("client_body_timeout") == {"10s"}


def test_proxy_lets_uploads_through_that_the_site_takes_or_refuses_in_words() -> None:
    (size,) = read_directive("client_max_body_size")
    assert int(size.removesuffix("m")) * MIB > MAX_UPLOAD_BYTES + MIB


def test_proxy_passes_on_nothing_that_clients_claim_of_themselves() -> None:
    assert read_directive("underscores_in_headers") == {"off"}
    headers = dict(line.split(maxsplit=1) for line in read_directive("proxy_set_header"))
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["X-Forwarded-Proto"] == "$scheme"
    assert headers["Forwarded"] == headers["X-Forwarded-Host"] == '""'


def test_proxy_neither_logs_secrets_nor_compresses_pages_that_hold_them() -> None:
    assert read_directive("access_log") == {"off"}
    assert read_directive("gzip") == {"off"}


def test_proxy_denies_the_counters() -> None:
    assert re.search(r"location = /metrics \{\s*return 403;\s*\}", NGINX)


def test_units_are_confined_and_bounded() -> None:
    units = ROOT / "deploy/systemd"
    confinement = (units / "movieshow-.service.d/confinement.conf").read_text()
    assert {"UMask=0077", "StateDirectoryMode=0700", "CapabilityBoundingSet="} <= set(
        confinement.splitlines()
    )
    services = sorted(units.glob("movieshow-*.service"))
    assert len(services) == 5
    assert all("MemoryMax=" in service.read_text() for service in services)


def test_stored_files_are_readable_by_their_owner_alone(tmp_path: Path) -> None:
    storage = FileSystemStorage(location=tmp_path / "media")
    saved = Path(storage.path(storage.save("imports/ratings.csv", ContentFile(b"x"))))
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert stat.S_IMODE(saved.parent.stat().st_mode) == 0o700


def read_commands() -> dict[str, list[set[str]]]:
    """Return of launcher, compose.yaml and units which queues each of their workers serves."""
    units = [unit.read_text() for unit in (ROOT / "deploy/systemd").glob("*.service")]
    told = {
        "launcher": [" ".join(service.command) for service in describe_services(port=8000)],
        "compose": [" ".join(map(str, one.get("command", []))) for one in read_services().values()],
        "systemd": [line for unit in units for line in re.findall(r"^ExecStart=(.*)$", unit, re.M)],
    }
    return {
        name: [
            {word for word in line.split(" rqworker ")[1].split() if not word.startswith("-")}
            for line in lines
            if " rqworker " in line
        ]
        for name, lines in told.items()
    }


@pytest.mark.parametrize("started_by", ["launcher", "compose", "systemd"])
def test_every_queue_has_a_worker_and_imports_one_of_their_own(started_by: str) -> None:
    served = read_commands()[started_by]
    assert set().union(*served) == set(settings.RQ_QUEUES)
    assert {IMPORTS} in served
    assert [queues for queues in served if IMPORTS in queues] == [{IMPORTS}]
