"""The commands `evaluate` and `compare`, on small sets of the official format."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from recommender.ml.__main__ import main
from recommender.ml.errors import ConfigError
from recommender.ml.lab.comparison_config import load_comparison
from tests.ml.tiny_data import random_rows, write_csv_set, write_dat_set

CONFIG = """
report = "tiny"
title = "A tiny comparison"
protocol = "last-5"
held_out = "people"
fraction = 0.3
compare_to = "transitions"
[[models]]
model = "popularity"
[[models]]
model = "transitions"
[[models]]
model = "ease"
label = "EASE"
l2 = 5.0
[[models]]
model = "ease-recency"
l2 = 5.0
"""


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # where build/results is made
    return write_csv_set(tmp_path / "tiny-set", random_rows(120, 60))


def test_compare_writes_one_table_on_one_split(tmp_path: Path, data: Path) -> None:
    config, out = tmp_path / "compare_tiny.toml", tmp_path / "results"
    config.write_text(CONFIG)
    assert main(["compare", str(config), "--data", str(data), "--out", str(out)]) == 0
    report = json.loads((out / "tiny.json").read_text())
    table = report["data_sets"]["tiny-set"]
    assert list(table["models"]) == ["popularity", "transitions", "EASE", "ease-recency"]
    assert {row["split_hash"] for row in table["models"].values()} == {table["split_hash"]}
    assert len(table["person_ids"]["tiny-set"]) == table["people"]
    hits = {label: row["metrics"]["hit@10"] for label, row in table["models"].items()}
    assert hits["transitions"] > hits["popularity"]
    lead = table["models"]["popularity"]["behind"]["hit@10"]
    assert lead[0] == pytest.approx(hits["transitions"] - hits["popularity"])
    assert lead[1] <= lead[0] <= lead[2]
    markdown = (out / "tiny.md").read_text()
    assert f"split `{table['split_hash']}`" in markdown
    assert "| transitions |" in markdown


def test_comparing_twice_gives_the_same_figures(tmp_path: Path, data: Path) -> None:
    config = tmp_path / "compare_tiny.toml"
    config.write_text(CONFIG)
    reports = []
    for out in (tmp_path / "first", tmp_path / "second"):
        main(["compare", str(config), "--data", str(data), "--out", str(out)])
        reports.append((out / "tiny.json").read_text())
    assert reports[0] == reports[1]  # minutes of the fits included: the second run fits nothing


@pytest.mark.parametrize("protocol", ["leave-one-out", "last-5", "temporal"])
def test_evaluate_writes_figures_of_every_protocol(
    tmp_path: Path, data: Path, protocol: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures.json"
    code = main(
        [
            "evaluate",
            "transitions",
            "--data",
            str(data),
            "--protocol",
            protocol,
            "--json",
            str(out),
        ]
    )
    assert code == 0
    figures = json.loads(out.read_text())
    assert figures["protocol"] == protocol
    expected = {"hit@5", "hit@10", "hit@20", "ndcg@5", "ndcg@10", "mrr"}
    assert expected <= set(figures["metrics"])
    assert figures["split_hash"] in capsys.readouterr().out


def test_evaluate_reads_the_data_folder_from_the_environment(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIESHOW_DATA", str(data.parent))
    assert main(["evaluate", "popularity"]) == 0


def test_bad_input_is_one_line_on_stderr(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MOVIESHOW_DATA", raising=False)
    assert main(["evaluate", "popularity"]) == 2
    assert "give --data DIR or set MOVIESHOW_DATA" in capsys.readouterr().err
    assert main(["evaluate", "nothing", "--data", str(data)]) == 2
    assert "nothing: is neither a model directory nor one of popularity" in capsys.readouterr().err
    (data / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,2\n")
    assert main(["evaluate", "popularity", "--data", str(data)]) == 2
    assert "ratings.csv:2: expected" in capsys.readouterr().err
    assert main(["compare", str(tmp_path / "no.toml"), "--data", str(data)]) == 2
    assert "no.toml: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("depth = 3", "depth is not an option"),
        ('protocol = "next"', "protocol must be one of leave-one-out, last-5, temporal"),
        ("models = [{ label = 'x' }]", "every .*models.* needs model"),
        ("models = [{ model = 'some/dir', l2 = 3 }]", "a trained model takes no options"),
        ("compare_to = 'x'\nmodels = [{ model = 'ease' }]", "compare_to must be one"),
        ("models = [{ model = 'ease' }, { model = 'ease' }]", "each label must differ"),
        (
            "models = [{ model = 'ease' }]\n[[heights]]\ndata_set = 'x'\nmetric = 'hit@10'\n"
            "must = 2.0\nover = 'popular'",
            "heights.* over must be one of",
        ),
        ("models = ", "is not TOML"),
    ],
)
def test_config_that_cannot_be_used_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "compare_bad.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_comparison(path)


def test_baseline_is_fitted_on_the_sets_its_entry_names(tmp_path: Path, data: Path) -> None:
    write_csv_set(tmp_path / "other-set", random_rows(30, 9, seed=5))
    config, out = tmp_path / "compare_sets.toml", tmp_path / "results"
    entries = ["model = 'ease'", "model = 'ease', label = 'own', fit_on = ['tiny-set']"]
    models = ", ".join(f"{{ {entry}, l2 = 5 }}" for entry in entries)
    config.write_text(f"report = 'sets'\nfraction = 0.3\nmodels = [{models}]")
    command = ["compare", str(config), "--data", str(data), str(tmp_path / "other-set")]
    assert main([*command, "--out", str(out)]) == 0
    table = json.loads((out / "sets.json").read_text())["data_sets"]["tiny-set"]["models"]
    assert table["ease"]["metrics"] != table["own"]["metrics"]
    assert "fitted on tiny-set alone" in (out / "sets.md").read_text()
    config.write_text("models = [{ model = 'ease', fit_on = ['ml-1m'] }]")
    assert main(command) == 2


def test_model_of_request_times_has_a_row_only_where_times_are_true(
    tmp_path: Path, data: Path
) -> None:
    rows = [(int(u), int(m), 4, int(t)) for u, m, _, t in random_rows(60, 30, seed=7)]
    write_dat_set(tmp_path / "ordered-set", rows)
    config, out = tmp_path / "compare_times.toml", tmp_path / "results"
    models = "models = [{ model = 'popularity' }, { model = 'recent-popularity' }]"
    config.write_text(f"report = 'times'\nfraction = 0.3\n{models}")
    command = ["compare", str(config), "--data", str(tmp_path / "ordered-set"), str(data)]
    assert main([*command, "--out", str(out)]) == 0
    tables = json.loads((out / "times.json").read_text())["data_sets"]
    assert list(tables) == ["all sets together", "ordered-set", "tiny-set"]
    everyone = tables["all sets together"]
    assert everyone["people"] == tables["ordered-set"]["people"] + tables["tiny-set"]["people"]
    assert list(everyone["models"]) == list(tables["ordered-set"]["models"]) == ["popularity"]
    assert list(tables["tiny-set"]["models"]) == ["popularity", "recent-popularity"]
    ordered, tiny = (out / "times.md").read_text().split("\n## ordered-set")[1].split("\n## tiny")
    assert "Not asked: recent-popularity. It needs clock times" in ordered
    assert "Not asked" not in tiny


def test_evaluating_a_model_of_request_times_on_mere_order_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [(int(u), int(m), 4, int(t)) for u, m, _, t in random_rows(60, 30, seed=7)]
    directory = write_dat_set(tmp_path / "ordered-set", rows)
    assert main(["evaluate", "recent-popularity", "--data", str(directory)]) == 2
    assert "recent-popularity: needs clock times; ordered-set keeps" in capsys.readouterr().err


def test_missing_model_is_found_before_anything_is_fitted(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "compare_tiny.toml"
    config.write_text("models = [{ model = 'ease' }, { model = 'no/such/model' }]")
    assert main(["compare", str(config), "--data", str(data), "--out", str(tmp_path)]) == 2
    streams = capsys.readouterr()
    assert "no/such/model: is neither a model directory" in streams.err
    assert "fitted" not in streams.err
    assert list(tmp_path.glob("*.json")) == []


def test_network_is_trained_on_the_sets_its_entry_names(tmp_path: Path, data: Path) -> None:
    write_csv_set(tmp_path / "other-set", random_rows(60, 9, seed=5))
    network = Path(__file__).parents[2] / "recommender" / "configs" / "tiny.toml"
    entries = [f"model = '{network}'", f"model = '{network}', label = 'own', fit_on = ['tiny-set']"]
    models = ", ".join(f"{{ {entry} }}" for entry in entries)
    config = tmp_path / "compare_sets.toml"
    config.write_text(f"report = 'sets'\nfraction = 0.3\nmodels = [{models}]")
    command = ["compare", str(config), "--data", str(data), str(tmp_path / "other-set")]
    assert main([*command, "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "sets.json").read_text())
    rows = report["data_sets"]["tiny-set"]["models"]
    assert list(rows) == ["tiny", "own"]
    assert rows["tiny"]["metrics"] != rows["own"]["metrics"]
    assert "fitted on tiny-set alone" in (tmp_path / "sets.md").read_text()


def test_config_loads_only_the_sets_it_names(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_csv_set(tmp_path / "other-set", random_rows(30, 9, seed=5))
    config = tmp_path / "compare_one.toml"
    config.write_text("report = 'one'\nload = ['tiny-set']\nmodels = [{ model = 'popularity' }]")
    command = ["compare", str(config), "--data", str(data), str(tmp_path / "other-set")]
    assert main([*command, "--out", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "one.json").read_text())
    assert list(report["data_sets"]) == ["tiny-set"]
    config.write_text("load = ['ml-1m']\nmodels = [{ model = 'popularity' }]")
    assert main(command) == 2
    assert "ml-1m: no such data set among --data; there are" in capsys.readouterr().err


def test_unknown_data_set_of_a_config_is_named(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "compare_tiny.toml"
    config.write_text('data_sets = ["ml-1m"]\nmodels = [{ model = "popularity" }]')
    assert main(["compare", str(config), "--data", str(data)]) == 2
    assert "nobody of ml-1m is asked" in capsys.readouterr().err


def test_shipped_configs_of_comparisons_are_readable() -> None:
    folder = Path(__file__).parents[2] / "recommender" / "configs"
    configs = [load_comparison(path) for path in folder.glob("compare_*.toml")]
    assert "shipped" in {config.name for config in configs}


def test_measuring_a_baseline_needs_no_torch() -> None:
    code = (
        "import sys, recommender.ml.commands.evaluate, recommender.ml.commands.compare;"
        "sys.exit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code]
    root = Path(__file__).parents[2]
    assert subprocess.run(command, cwd=root, check=False).returncode == 0
