"""`recommend`: the contract of lines in and lines out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from recommender.ml.__main__ import main
from tests.ml.tiny_models import NUM_ITEMS, write_small_model

MOST_POPULAR = [10, 20, 30]  # popularity falls with the item's number in the small model


@pytest.fixture
def model_dir(tmp_path: Path) -> Path:
    write_small_model(tmp_path / "model")
    return tmp_path / "model"


def _run(
    model_dir: Path, lines: list[str], capsys: pytest.CaptureFixture[str], k: int = 3
) -> tuple[int, list[dict[str, Any]], str]:
    histories = model_dir.parent / "histories.jsonl"
    histories.write_text("\n".join(lines) + "\n", encoding="utf-8")
    status = main(["recommend", str(model_dir), "--histories", str(histories), "--k", str(k)])
    captured = capsys.readouterr()
    return status, [json.loads(line) for line in captured.out.splitlines()], captured.err


@pytest.mark.parametrize(
    "user", [7, "ann", None, 1.5, True, ["a", 1], {"id": 3}, "Zoë ☃", 10**30, ""]
)
def test_any_user_comes_back_as_it_was(
    model_dir: Path, capsys: pytest.CaptureFixture[str], user: object
) -> None:
    line = json.dumps({"user": user, "history": [[20, 4.5, 1_600_000_000]]})
    status, [answer], _ = _run(model_dir, [line], capsys)
    assert status == 0
    assert answer["user"] == user
    assert type(answer["user"]) is type(user)


def test_order_of_lines_and_falling_scores(
    model_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.dumps({"user": n, "history": [[n * 10, 3, n]]}) for n in range(1, 30)]
    _, answers, _ = _run(model_dir, lines, capsys, k=10)
    assert [answer["user"] for answer in answers] == list(range(1, 30))
    for answer in answers:
        assert len(answer["movie_ids"]) == len(answer["scores"]) == 10
        assert answer["scores"] == sorted(answer["scores"], reverse=True)


def test_rating_and_time_may_be_null(model_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_values = '{"user": 1, "history": [[20, 4.5, 99], [50, 2, 100]]}'
    without = '{"user": 1, "history": [[20, null, null], [50, null, null]]}'
    status, [first, second], _ = _run(model_dir, [with_values, without], capsys)
    assert status == 0
    assert first == second


def test_empty_history_gets_popularity(model_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, [answer], _ = _run(model_dir, ['{"user": 1, "history": []}'], capsys)
    assert status == 0
    assert answer["movie_ids"] == MOST_POPULAR


def test_unknown_movies_are_skipped(model_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        '{"user": 1, "history": [[20, 4, 1], [50, 4, 2]]}',
        '{"user": 1, "history": [[15, 4, 0], [20, 4, 1], [999999999999, 5, 1], [50, 4, 2]]}',
        '{"user": 1, "history": [[15, 4, 0]]}',
    ]
    _, [known, mixed, unknown], _ = _run(model_dir, lines, capsys)
    assert mixed == known
    assert unknown["movie_ids"] == MOST_POPULAR


def test_seen_movies_are_left_out_however_many_are_asked_for(
    model_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seen = [[10 * n, None, None] for n in range(1, 26)]  # longer than the network reads
    line = json.dumps({"user": 1, "history": seen})
    _, [answer], _ = _run(model_dir, [line], capsys, k=1000)
    assert sorted(answer["movie_ids"]) == [10 * n for n in range(26, NUM_ITEMS + 1)]


def test_a_repeated_film_keeps_its_first_place(
    model_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [
        '{"user": 1, "history": [[20, 4, 1], [50, 4, 2]]}',
        '{"user": 1, "history": [[20, 4, 1], [50, 4, 2], [20, 1, 3]]}',
    ]
    _, [once, twice], _ = _run(model_dir, lines, capsys)
    assert once == twice


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ('{"user": 1, "history": [[20', "is no JSON"),
        ("[1, 2]", "has no user or no history"),
        ('{"user": 1}', "has no user or no history"),
        ('{"user": 1, "history": 20}', "history is no list"),
        ('{"user": 1, "history": [20]}', r"20 is no [movie_id"),
        ('{"user": 1, "history": [["20", 4, 1]]}', "is no [movie_id"),
        ('{"user": 1, "history": [[null, 4, 1]]}', "is no [movie_id"),
        ('{"user": 1, "history": [[]]}', "is no [movie_id"),
    ],
)
def test_a_malformed_line_is_named_by_number(
    model_dir: Path, capsys: pytest.CaptureFixture[str], bad: str, said: str
) -> None:
    good = '{"user": 1, "history": []}'
    status, answers, err = _run(model_dir, [good, "", bad, good], capsys)
    assert status == 2
    assert answers == []
    assert "histories.jsonl:3: " in err
    assert said in err
    assert len(err.splitlines()) == 1


def test_missing_files_are_one_line_errors(
    model_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["recommend", str(model_dir), "--histories", "nowhere.jsonl"]) == 2
    assert "nowhere.jsonl: cannot be read" in capsys.readouterr().err
    _, _, err = _run(model_dir.parent / "none", ['{"user": 1, "history": []}'], capsys)
    assert "none: there is no such folder" in err


@pytest.mark.parametrize("k", ["0", "-1", "ten"])
def test_k_must_be_at_least_one(
    model_dir: Path, capsys: pytest.CaptureFixture[str], k: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["recommend", str(model_dir), "--histories", "x.jsonl", "--k", k])
    assert stopped.value.code == 2
    assert "--k" in capsys.readouterr().err
