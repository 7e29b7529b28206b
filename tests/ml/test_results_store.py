"""The store of results: whole or not at all, one process at a time, broken files made anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from recommender.ml.baselines.popularity import Popularity
from recommender.ml.datasets import Vocabulary
from recommender.ml.errors import ArtifactError
from recommender.ml.evaluation import Catalogue, Evaluation, evaluate
from recommender.ml.lab.results_store import ResultKey, ResultsStore, StoreBusyError
from recommender.ml.splits import EvaluationSplit, last_n
from tests.ml.full_disks import room_for
from tests.ml.tiny_data import interactions_of

HISTORIES = interactions_of([[1, 2, 3, 4], [4, 3, 2, 1, 5], [1, 3, 5]])
KEY = ResultKey("what", "code")
RECORD = {"minutes": 1.5, "seed": None}


def answered() -> tuple[EvaluationSplit, Evaluation]:
    split = last_n(HISTORIES, n=2)
    model = Popularity().fit(HISTORIES, Vocabulary.build(HISTORIES))
    return split, evaluate(model, split, Catalogue.build(HISTORIES, {}))


def test_result_comes_back_as_it_was(tmp_path: Path) -> None:
    split, answer = answered()
    with ResultsStore(tmp_path) as store:
        assert store.load(KEY, split) is None
        store.save(KEY, answer, RECORD)
        stored = store.load(KEY, split)
    assert stored is not None
    assert stored.record == RECORD
    assert not stored.is_of_other_code
    found = stored.evaluation
    assert found.means() == answer.means()
    assert [row.tolist() for row in found.ranks] == [row.tolist() for row in answer.ranks]
    assert (found.top == answer.top).all()
    assert found.split is split


def test_fresh_store_forgets_what_earlier_runs_found_but_not_its_own(tmp_path: Path) -> None:
    split, answer = answered()
    with ResultsStore(tmp_path) as store:
        store.save(KEY, answer, RECORD)
    with ResultsStore(tmp_path, fresh=True) as store:
        assert store.load(KEY, split) is None
        store.save(KEY, answer, RECORD)
        assert store.load(KEY, split) is not None


def test_no_room_for_a_result_leaves_those_before(tmp_path: Path) -> None:
    split, answer = answered()
    with ResultsStore(tmp_path) as store:
        store.save(KEY, answer, RECORD)
        with room_for(100), pytest.raises(ArtifactError, match=r"\.npz: .*disk full\?"):
            store.save(ResultKey("other", "code"), answer, RECORD)
        assert store.load(KEY, split) is not None
        assert store.load(ResultKey("other", "code"), split) is None
    assert len(list((tmp_path / "answers").iterdir())) == 1


def test_result_of_other_code_counts_only_if_asked_and_is_marked(tmp_path: Path) -> None:
    split, answer = answered()
    changed = ResultKey("what", "changed")
    with ResultsStore(tmp_path) as store:
        store.save(KEY, answer, RECORD)
        assert store.load(changed, split) is None
    with ResultsStore(tmp_path, any_code=True) as store:
        found = store.load(changed, split)
        assert found is not None
        assert found.is_of_other_code
        assert store.load(ResultKey("another", "code"), split) is None


@pytest.mark.parametrize("damage", ["truncated", "flipped", "text", "other people"])
def test_broken_file_counts_as_missing_and_is_named(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    split, answer = answered()
    with ResultsStore(tmp_path) as store:
        store.save(KEY, answer, RECORD)
        [path] = (tmp_path / "answers").glob("*.npz")
        content = bytearray(path.read_bytes())
        if damage == "truncated":
            path.write_bytes(content[: len(content) // 2])
        elif damage == "flipped":
            content[100:400] = bytes(byte ^ 0xFF for byte in content[100:400])
            path.write_bytes(content)
        elif damage == "text":
            path.write_text("no archive")
        else:
            split = split.select([True, False, False])
        assert store.load(KEY, split) is None
        assert f"{path}: is broken" in caplog.text
        store.save(KEY, answer, RECORD)
        assert store.load(KEY, answer.split) is not None


def test_second_process_is_refused_while_the_first_works(tmp_path: Path) -> None:
    second = ResultsStore(tmp_path)
    with ResultsStore(tmp_path), pytest.raises(StoreBusyError, match="give another folder"):
        second.__enter__()
    with ResultsStore(tmp_path):
        pass


def test_nothing_is_left_beside_the_results(tmp_path: Path) -> None:
    _, answer = answered()
    (tmp_path / "answers").mkdir()
    (tmp_path / "answers" / ".what-code.npz.99.tmp").write_text("half")  # its writer was killed
    with ResultsStore(tmp_path) as store:
        store.save(KEY, answer, RECORD)
        work = store.training_directory("run")
        work.mkdir(parents=True)
        store.forget_training("run")
    assert [p.name for p in (tmp_path / "answers").iterdir()] == ["what-code.npz"]
    assert not work.exists()
