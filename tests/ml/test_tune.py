"""`tune`: searching for options on validation people, stopping what leads nowhere, going on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from recommender.ml.__main__ import main
from recommender.ml.baselines.transitions import Transitions
from recommender.ml.datasets import Vocabulary, load_interactions
from recommender.ml.errors import ArtifactError, ConfigError
from recommender.ml.evaluation import Catalogue, evaluate
from recommender.ml.lab.results_store import ResultsStore
from recommender.ml.lab.tuning import Tuner, study_file
from recommender.ml.lab.tuning_config import TuneConfig, load_tuning
from recommender.ml.splits import hold_out_people, hold_out_validation_people, last_n
from tests.ml.full_disks import room_for
from tests.ml.tiny_data import random_rows, write_csv_set

TINY = Path(__file__).parents[2] / "recommender" / "configs" / "tiny.toml"
HEAD = "report = 'search'\nfraction = 0.3\nvalidation_fraction = 0.3\nminutes = 5\n"
BASELINE = f"""{HEAD}
model = "transitions"
trials = 4
[space]
gap_decay = {{ low = 0.3, high = 0.9 }}
max_gap = {{ low = 1, high = 3 }}
"""
NETWORK = f"""{HEAD}
model = "{TINY}"
trials = 3
[options]
training.precision = "fp32"
[space]
training.learning_rate = {{ low = 1e-4, high = 1e-2, log = true }}
model.norm = {{ choices = ["pre", "post"] }}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_csv_set(tmp_path / "tiny-set", random_rows(120, 60))


def tune(tmp_path: Path, data: Path, text: str, *options: str) -> dict[str, Any]:
    (tmp_path / "search.toml").write_text(text)
    command = ["tune", str(tmp_path / "search.toml"), "--data", str(data)]
    command += ["--out", str(tmp_path / "out"), "--results", str(tmp_path / "store"), *options]
    assert main(command) == 0
    found: dict[str, Any] = json.loads((tmp_path / "out" / "search.json").read_text())
    return found


def parsed(tmp_path: Path, text: str) -> TuneConfig:
    (tmp_path / "search.toml").write_text(text)
    return load_tuning(tmp_path / "search.toml")


def test_baseline_is_tuned_on_validation_people_alone(tmp_path: Path, data: Path) -> None:
    report = tune(tmp_path, data, BASELINE)
    assert len(report["trials"]) == 4
    best = report["best"]
    train, _ = hold_out_people(load_interactions([data]), fraction=0.3)
    fit, validation = hold_out_validation_people(train, fraction=0.3)
    model = Transitions(**best["options"]).fit(fit, Vocabulary.build(fit))
    again = evaluate(model, last_n(validation, n=5), Catalogue.build(fit, {}))
    assert best["value"] == pytest.approx(again.means()["ndcg@10"])
    assert best["value"] == max(trial["value"] for trial in report["trials"])
    assert report["people"] == {"fit": fit.num_people, "validation": validation.num_people}
    assert all(0.3 <= trial["options"]["gap_decay"] <= 0.9 for trial in report["trials"])
    assert {type(trial["options"]["max_gap"]) for trial in report["trials"]} == {int}
    markdown = (tmp_path / "out" / "search.md").read_text()
    assert f"Best: NDCG@10 {best['value']:.4f}" in markdown
    assert (tmp_path / "out" / "search.png").read_bytes().startswith(b"\x89PNG")


def test_search_goes_on_from_its_file_and_fresh_begins_anew(tmp_path: Path, data: Path) -> None:
    first = tune(tmp_path, data, BASELINE)
    same = tune(tmp_path, data, BASELINE)
    assert same["trials"] == first["trials"]
    longer = tune(tmp_path, data, BASELINE.replace("trials = 4", "trials = 6"))
    assert longer["trials"][:4] == first["trials"]
    assert len(longer["trials"]) == 6
    drawn = [trial["options"]["gap_decay"] for trial in longer["trials"]]
    assert len(set(drawn)) == 6
    wider = tune(tmp_path, data, BASELINE.replace("high = 3", "high = 4"))
    assert wider["study"] != first["study"]
    assert len(tune(tmp_path, data, BASELINE, "--fresh")["trials"]) == 4


def test_network_is_trained_with_the_options_tried(tmp_path: Path, data: Path) -> None:
    report = tune(tmp_path, data, NETWORK)
    assert len(report["trials"]) == 3
    assert all(len(trial["by_epoch"]) == 2 for trial in report["trials"])
    values = [max(trial["by_epoch"]) for trial in report["trials"]]
    assert report["best"]["value"] == pytest.approx(max(values))
    assert not list((tmp_path / "store" / "training").glob("*"))


def test_hopeless_trial_is_stopped_after_an_epoch_and_frees_its_checkpoint(
    tmp_path: Path, data: Path
) -> None:
    text = NETWORK.replace("[options]", "[options]\ntraining.epochs = 5\ntraining.patience = 5")
    config = parsed(tmp_path, text.replace("trials = 3", "trials = 1"))
    with ResultsStore(tmp_path / "store") as store:
        tuner = Tuner(config, load_interactions([data]), {}, store)
        tuner.study.pruner = optuna.pruners.ThresholdPruner(lower=2.0, n_warmup_steps=1)
        trial = tuner.study.ask()
        with pytest.raises(optuna.TrialPruned):
            tuner._try(trial)
        assert len(tuner.study.trials[0].intermediate_values) == 1
        assert not list((tmp_path / "store" / "training").glob("*"))


def test_search_stops_what_lies_below_the_median_of_others(tmp_path: Path, data: Path) -> None:
    with ResultsStore(tmp_path / "store") as store:
        study = Tuner(parsed(tmp_path, NETWORK), load_interactions([data]), {}, store).study
        for value in (0.5, 0.6, 0.7, 0.8, 0.9):
            good = study.ask()
            for epoch in (1, 2, 3):
                good.report(value, epoch)
            study.tell(good, value)
        bad, fair = study.ask(), study.ask()
        for epoch in (1, 2, 3):
            bad.report(0.1, epoch)
            fair.report(0.75, epoch)
        assert bad.should_prune()
        assert not fair.should_prune()


def test_broken_file_of_a_search_is_named(tmp_path: Path, data: Path) -> None:
    with ResultsStore(tmp_path / "store") as store:
        path = study_file(store.directory, "search")
        path.parent.mkdir(parents=True)
        path.write_bytes(b"no database at all, whatever its name")
        with pytest.raises(ArtifactError, match=r"search\.sqlite3: cannot be read .*delete it"):
            Tuner(parsed(tmp_path, BASELINE), load_interactions([data]), {}, store)


def test_truncated_file_of_a_search_is_one_line_on_stderr(
    tmp_path: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tune(tmp_path, data, BASELINE)
    path = study_file(tmp_path / "store", "search")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    command = ["tune", str(tmp_path / "search.toml"), "--data", str(data)]
    assert main([*command, "--out", str(tmp_path), "--results", str(tmp_path / "store")]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: {path}: cannot be read or written (database disk image is")


def test_no_room_for_a_search_names_its_file_and_keeps_its_trials(
    tmp_path: Path, data: Path
) -> None:
    config = parsed(tmp_path, BASELINE.replace("trials = 4", "trials = 500"))
    with ResultsStore(tmp_path / "store") as store:
        tuner = Tuner(config, load_interactions([data]), {}, store)
        size = study_file(store.directory, "search").stat().st_size
        with room_for(size + 1), pytest.raises(ArtifactError, match=r"search\.sqlite3: .* full"):
            tuner.run()
        done = [trial.number for trial in tuner.study.trials if trial.state == TrialState.COMPLETE]
        again = Tuner(parsed(tmp_path, BASELINE), load_interactions([data]), {}, store).run()
    assert [trial.number for trial in again.trials][: len(done)] == done
    assert len(again.get_trials(states=(TrialState.COMPLETE,))) >= 4


def test_trial_that_was_cut_short_is_tried_again_with_the_same_options(
    tmp_path: Path, data: Path
) -> None:
    config = parsed(tmp_path, BASELINE)
    with ResultsStore(tmp_path / "store") as store:
        tuner = Tuner(config, load_interactions([data]), {}, store)
        trial = tuner.study.ask()
        options = {
            "gap_decay": trial.suggest_float("gap_decay", 0.3, 0.9),
            "max_gap": trial.suggest_int("max_gap", 1, 3),
        }
        # The process dies here: the trial stays as running in the file.
    with ResultsStore(tmp_path / "store") as store:
        study = Tuner(config, load_interactions([data]), {}, store).run()
    done = study.get_trials(states=(TrialState.COMPLETE,))
    assert done[0].params == options
    assert len(done) == 4
    assert study.trials[0].state == TrialState.FAIL


class StopAtOnce(optuna.pruners.BasePruner):
    """Stands for a Ctrl-C after the first epoch."""

    def prune(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> bool:
        raise KeyboardInterrupt


def test_interrupted_training_goes_on_inside_its_trial(
    tmp_path: Path, data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = parsed(tmp_path, NETWORK.replace("trials = 3", "trials = 1"))
    with ResultsStore(tmp_path / "store") as store:
        tuner = Tuner(config, load_interactions([data]), {}, store)
        tuner.study.pruner = StopAtOnce()
        with pytest.raises(KeyboardInterrupt):
            tuner.run()
        options = tuner.study.trials[0].params
    with ResultsStore(tmp_path / "store") as store, caplog.at_level("INFO"):
        study = Tuner(config, load_interactions([data]), {}, store).run()
    assert "going on after epoch 1" in caplog.text
    [done] = study.get_trials(states=(TrialState.COMPLETE,))
    assert done.params == options
    assert list(done.intermediate_values) == [1, 2]


def test_trial_of_impossible_options_fails_and_the_search_goes_on(
    tmp_path: Path, data: Path
) -> None:
    text = NETWORK.replace('model.norm = { choices = ["pre", "post"] }', "")
    text = text.replace("trials = 3", "trials = 6") + "model.num_heads = { choices = [2, 3] }\n"
    report = tune(tmp_path, data, text)
    failed = [trial for trial in report["trials"] if trial["error"]]
    assert len(report["trials"]) == 6
    assert {trial["options"]["model.num_heads"] for trial in failed} <= {3}
    assert all("multiple of num_heads" in trial["error"] for trial in failed)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[space]\nl2 = { low = 1, high = 2 }", "needs model"),
        ("model = 'ease'", r"needs \[space\]"),
        ("model = 'some/dir'\n[space]\nl2 = { low = 1, high = 2 }", "nothing else is tuned"),
        ("model = 'ease'\n[space]\nl2 = 3", "must be { low"),
        ("model = 'ease'\n[space]\nl2 = { low = 2, high = 1 }", "low below high"),
        ("model = 'ease'\n[space]\nl2 = { low = 0, high = 1, log = true }", "above 0"),
        ("model = 'ease'\n[space]\nl2 = { choices = [1] }", "two values or more"),
        ("model = 'ease'\nminutes = 0\n[space]\nl2 = { low = 1, high = 2 }", "above 0"),
    ],
)
def test_search_that_cannot_be_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parsed(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BASELINE.replace("gap_decay", "gap"), "gap is not an option"),
        (NETWORK.replace("model.norm", "model.nose"), "model.nose is not an option"),
    ],
)
def test_misspelt_option_is_found_before_the_first_trial(
    tmp_path: Path, data: Path, text: str, message: str
) -> None:
    config = parsed(tmp_path, text)
    with ResultsStore(tmp_path / "store") as store, pytest.raises(ConfigError, match=message):
        Tuner(config, load_interactions([data]), {}, store)
    assert not study_file(tmp_path / "store", "search").exists()


def test_log_ranges_reach_both_ends_of_the_scale(tmp_path: Path, data: Path) -> None:
    text = (
        f"{HEAD}model = 'ease'\ntrials = 12\n[space]\nl2 = {{ low = 1.0, high = 1e4, log = true }}"
    )
    drawn = [trial["options"]["l2"] for trial in tune(tmp_path, data, text)["trials"]]
    assert min(drawn) < 100 < max(drawn)
    assert np.all((np.array(drawn) >= 1.0) & (np.array(drawn) <= 1e4))
