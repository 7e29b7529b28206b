"""`faithfulness` on real files: what it writes, and what it says of a wrong folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender.ml.__main__ import main
from tests.ml.tiny_data import random_rows, write_csv_set
from tests.ml.tiny_models import NUM_ITEMS, write_small_model


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ratings of 200 people of the films of the small models."""
    rows = [(u, 10 * m, *rest) for u, m, *rest in random_rows(200, NUM_ITEMS)]
    return write_csv_set(tmp_path_factory.mktemp("sets") / "tiny", rows)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small model in `models/small`, and the one worked in."""
    write_small_model(tmp_path / "models" / "small", relative_bias=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_writes_figures_and_the_page_that_it_prints(
    here: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["faithfulness", "models/small", "--data", str(data), "--people", "8"]
    assert main([*arguments, "--json", "found.json"]) == 0
    report, page = json.loads(Path("found.json").read_text()), Path("found.md").read_text()
    assert page == capsys.readouterr().out
    assert (report["people"], report["films"], report["data_sets"]) == (8, 80, ["tiny"])
    assert set(report["deleted"]) == {"named", "most_recent", "most_attended", "random"}
    command = "faithfulness models/small --data DIR --people 8 --json found.json`"
    assert command in page


def test_the_page_does_not_tell_where_folders_lie(
    here: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = here / "models" / "small"
    assert main(["faithfulness", str(model), "--data", str(data), "--people", "5"]) == 0
    page = capsys.readouterr().out
    assert str(here) not in page
    assert str(data.parent) not in page
    assert "faithfulness small --data DIR" in page


def test_a_model_folder_without_weights_is_a_clear_error(
    here: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "models" / "small" / "model.pt").unlink()
    assert main(["faithfulness", "models/small", "--data", str(data)]) == 2
    assert "model.pt: there is no such file" in capsys.readouterr().err


def test_asking_nobody_is_a_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faithfulness", "models/small", "--data", ".", "--people", "0"]) == 2
    assert "--people 0: give the number of people to ask" in capsys.readouterr().err
