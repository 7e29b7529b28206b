"""Hot reload at full size: from the order to activate to the last answer of the version before."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree, rmtree

from recommender.model_versions import activate_model_version, install_model
from recommender.models import ModelVersion
from tests.load.client import BadAnswerError, fetch, make_request
from tests.load.population import GROWN, Person
from tests.load.rows import RUNS, Row, median
from tests.load.site import Site
from tests.load.web import PATH

CONNECTIONS = 4
# A reload is over when so many answers one after the other are of the new version.
IN_A_ROW = 200
PATIENCE_SECONDS = 60.0
# Years after all films', of no common factor with the number of people: asking for films until
# then asks nothing, but makes an answer of its own.
FIRST_YEAR, YEARS = 2024, 77


@dataclass(frozen=True)
class Answer:
    """When it was asked for and there (seconds), and by which version; None where it failed."""

    asked_at: float
    there_at: float
    version: int | None


@dataclass
class Askers:
    """Ask without a pause until told to stop, each over a new connection: any process answers."""

    port: int
    people: list[Person]
    numbers: Iterator[int]
    answers: list[Answer] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> None:
        """Ask for one person after the other, for what no process has an answer kept of."""
        while not self.is_over.is_set():
            number = next(self.numbers)
            person = self.people[number % len(self.people)]
            path = f"{PATH}?year_max={FIRST_YEAR + number % YEARS}"
            asked_at, version = time.perf_counter(), None
            try:
                body = fetch(self.port, make_request(path, token=person.token))
                version = json.loads(body)["model"]["version"]
            except (BadAnswerError, OSError, ValueError, KeyError):
                version = None  # counted as failed
            self.answers.append(Answer(asked_at, time.perf_counter(), version))

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Have all of them ask meanwhile."""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            running = [pool.submit(self.ask) for _ in range(CONNECTIONS)]
            try:
                yield
            finally:
                self.is_over.set()
            for one in running:
                one.result()

    def wait_for(self, version: int) -> None:
        """Return once so many answers in a row are of this version.

        Raises:
            BadAnswerError: it is not so within a minute.
        """
        deadline = time.perf_counter() + PATIENCE_SECONDS
        while time.perf_counter() < deadline:
            time.sleep(0.1)
            recent = self.answers[-IN_A_ROW:]
            if len(recent) == IN_A_ROW and {answer.version for answer in recent} == {version}:
                return
        found = sorted({str(answer.version) for answer in self.answers[-IN_A_ROW:]})
        raise BadAnswerError(f"version {version} does not answer alone, but {', '.join(found)}")


def measure_reload(site: Site, people: list[Person], home: Path) -> list[Row]:
    """Activate another version and the one before in turn; return a row of what was answered."""
    first = ModelVersion.objects.get(is_active=True)
    second = _install_copy(home)
    olds, longest, before, failed, count = [], [], [], 0, 0
    numbers = itertools.count()
    # An even number of times, so that what was active is so again.
    for number in range(RUNS + RUNS % 2):
        version, other = (second, first) if number % 2 == 0 else (first, second)
        askers = Askers(site.port, people, numbers)
        with askers.at_work():
            askers.wait_for(other.pk)
            # Before, for others see it in force before this call returns.
            activated = time.perf_counter()
            activate_model_version(version_id=version.pk)
            askers.wait_for(version.pk)
        answers = askers.answers
        failed += sum(answer.version is None for answer in answers)
        count += len(answers)
        old = [a.there_at for a in answers if a.version not in (None, version.pk)]
        olds.append(max(0.0, max(old) - activated))
        since = [a for a in answers if a.there_at >= activated]
        longest.append(max(a.there_at - a.asked_at for a in since))
        before.append(max(a.there_at - a.asked_at for a in answers if a.there_at < activated))
    told = (
        "from the order to activate to the last answer of the version before, 62,423 films, cold "
        f"answers, {len(site.workers())} processes, {CONNECTIONS} connections, there and back "
        f"{len(olds)} times, at most {max(olds):.2f} s; {failed} of {count:,} requests failed; the "
        f"longest took {1000 * median(longest):.0f} ms while reloading, "
        f"{1000 * median(before):.0f} ms before"
    )
    return [Row("hot reload", value=median(olds), unit="s", conditions=told)]


def _install_copy(home: Path) -> ModelVersion:
    """Install the grown model once more, as another version."""
    copy = home / "grown-model-copy"
    rmtree(copy, ignore_errors=True)
    copytree(home / "grown-model", copy)
    card = copy / "card.json"
    card.write_text(card.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    try:
        return install_model(directory=copy, name=f"{GROWN}, again")
    finally:
        rmtree(copy)
