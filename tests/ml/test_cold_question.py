"""Which films are withheld, who is asked for them, and how the answers are counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recommender.ml.__main__ import main
from recommender.ml.cold.measure import (
    ContentNeighbours,
    RandomOrder,
    describe_difference,
    find_targets,
    per_person,
)
from recommender.ml.cold.people_measure import WAYS, Newcomer, cut_history
from recommender.ml.cold.question import (
    choose_newest_films,
    choose_random_films,
    pose_cold_question,
)
from recommender.ml.cold.report import keep_part, report_lines
from recommender.ml.cold.tags import load_tags
from recommender.ml.commands.cold_people import load_ages
from recommender.ml.dataset_files import DatasetError
from recommender.ml.datasets import MovieInfo, Vocabulary
from recommender.ml.errors import UsageError
from recommender.ml.splits import SplitError
from tests.ml.tiny_data import interactions_of, random_rows, write_csv_set
from tests.ml.tiny_models import CONFIGS, write_small_model

COLD = np.array([7, 9], dtype=np.int64)


def test_withheld_films_leave_training_and_are_asked_with_all_before_them() -> None:
    train = interactions_of([[1, 7, 2, 9, 3, 6], [7, 9]])
    held_out = interactions_of([[1, 2, 3, 4, 5, 7, 6, 9, 1000]])
    question = pose_cold_question("q", train, held_out, COLD)
    assert question.train.movie_id.tolist() == [1, 2, 3, 6]
    assert [target.tolist() for target in question.cold.targets] == [[7], [9]]
    assert question.cold.histories[1].tolist() == [1, 2, 3, 4, 5, 7, 6]
    with pytest.raises(SplitError, match="nobody held out watched"):
        pose_cold_question("q", train, interactions_of([[7, 9, 1]]), COLD)


def test_other_films_are_asked_of_the_same_people_if_training_knows_them() -> None:
    train = interactions_of([[1, 2, 3, 7]])
    held_out = interactions_of([[9, 8, 4, 5, 6, 7, 3, 50, 2], [1, 2, 3, 4, 5, 6, 3, 2]])
    question = pose_cold_question("q", train, held_out, COLD)
    assert [target.tolist() for target in question.warm.targets] == [[3], [2]]
    assert set(question.warm.person_keys) == set(question.cold.person_keys)


def test_at_most_five_films_of_a_person_are_asked_for() -> None:
    films = list(range(1, 21))
    question = pose_cold_question(
        "q", interactions_of([films]), interactions_of([films]), np.arange(1, 16)
    )
    assert [int(target[0]) for target in question.cold.targets] == [11, 12, 13, 14, 15]


def test_drawn_films_are_stable_and_have_enough_ratings() -> None:
    train = interactions_of([list(range(1, 301)), list(range(1, 201))])
    drawn = choose_random_films(train, fraction=0.2, min_ratings=2)
    assert drawn.tolist() == choose_random_films(train, fraction=0.2, min_ratings=2).tolist()
    assert 20 <= len(drawn) <= 60
    assert drawn.max() <= 200


def test_newest_films_are_whole_years_from_the_last_back() -> None:
    years = {1: 1990, 2: 1995, 3: 1995, 4: 2000, 5: None, 6: 2001}
    movies = {pk: MovieInfo("", year, ()) for pk, year in years.items()}
    train = interactions_of([[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [6]])
    found = choose_newest_films(train, movies, fraction=0.5, min_ratings=2)
    assert found.tolist() == [2, 3, 4]


def test_ranks_are_counted_among_all_and_among_withheld_films() -> None:
    """Features make 5 most like the history, then 7, then 9; the target is 9."""
    vocabulary = Vocabulary(np.array([0, 1, 5, 7, 9]))
    features = np.array([[0, 0], [1, 0], [1, 0], [3, 1], [1, 1]], dtype=np.float32)
    split = pose_cold_question(
        "q", interactions_of([[1]]), interactions_of([[1, 1, 1, 1, 1, 9, 1]]), COLD
    ).cold
    for nearest in (False, True):
        found = find_targets(
            ContentNeighbours("content", vocabulary, features, nearest), split, COLD
        )
        assert (found.among_all.tolist(), found.among_cold.tolist()) == ([3], [2])
    by_chance = find_targets(RandomOrder("chance", vocabulary), split, COLD)
    assert 1 <= by_chance.among_cold[0] <= 2


def test_a_persons_questions_count_as_one_person() -> None:
    held_out = interactions_of([[1, 2, 3, 4, 5, 7, 9, 1], [1, 2, 3, 4, 5, 7]])
    split = pose_cold_question("q", interactions_of([[1]]), held_out, COLD).cold
    values = per_person(split, np.array([1, 99, 2]))
    assert values["hr@10"].tolist() == [0.5, 1.0]
    assert values["ndcg@10"] == pytest.approx([0.5, 1 / np.log2(3)])
    change = describe_difference(split, np.array([1, 1, 2]), np.array([1, 99, 2]))
    assert change["hr@10"][0] == pytest.approx(0.25)


def test_cut_histories_are_the_last_films_or_a_stable_draw_of_them() -> None:
    person = Newcomer(("tiny", 1), np.arange(1, 31, dtype=np.int32), np.array([40]))
    counts = np.ones(50, dtype=np.int64)
    assert cut_history(person, 3, WAYS[0], counts).tolist() == [28, 29, 30]
    assert cut_history(person, 0, WAYS[0], counts).tolist() == []
    drawn = cut_history(person, 4, WAYS[1], counts)
    assert drawn.tolist() == cut_history(person, 4, WAYS[1], counts).tolist()
    assert len(set(drawn.tolist()) & set(person.earlier.tolist())) == 4
    other = replace(person, key=("tiny", 2))
    assert drawn.tolist() != cut_history(other, 4, WAYS[1], counts).tolist()


def test_tags_of_other_people_are_not_read(tmp_path: Path) -> None:
    folder = write_csv_set(tmp_path / "set", random_rows(3, 8))
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,5,heist,1\n2,5,dull,1\n")
    assert load_tags([folder], [("set", 1), ("other", 2)]) == {5: ["heist"]}
    (folder / "tags.csv").write_text("userId,movieId,tag,timestamp\n1,x\n")
    with pytest.raises(DatasetError, match=r"tags\.csv:2"):
        load_tags([folder], [("set", 1)])


def test_ages_are_read_where_a_data_set_tells_them(tmp_path: Path) -> None:
    folder = write_csv_set(tmp_path / "set", random_rows(3, 8))
    assert load_ages([folder]) == {}
    (folder / "users.dat").write_text("1::F::1::10::48067\n2::M::56::16::70072\n")
    assert load_ages([folder]) == {("set", 1): 1, ("set", 2): 56}
    (folder / "users.dat").write_text("1::F::2::10::48067\n")
    with pytest.raises(DatasetError, match=r"users\.dat:1"):
        load_ages([folder])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Forty films and a hundred and fifty people, as a MovieLens folder."""
    return write_csv_set(tmp_path / "ml-latest-2023", random_rows(150, 40))


def test_films_are_measured_from_ratings_to_report(data: Path, tmp_path: Path) -> None:
    texts = tmp_path / "texts.jsonl"
    texts.write_text('{"movieId": 1, "extract": "Toys live."}\n')
    out = tmp_path / "cold.json"
    arguments = ["cold-films", str(CONFIGS / "tiny.toml"), "--data", str(data)]
    arguments += ["--text", str(texts), "--json", str(out), "--networks", str(tmp_path / "nets")]
    assert main(arguments) == 0
    table = json.loads(out.read_text())["films"]["tables"]["drawn"]
    rows = table["rows"]
    assert table["withheld_films"] > 0
    assert "content start: + text (TF-IDF, SVD)" in rows
    assert "warm_change" in rows["after 20 ratings of each film"]
    assert "| ceiling: trained on the films |" in out.with_suffix(".md").read_text()
    assert (tmp_path / "nets" / "drawn" / "card.json").exists()
    assert main([*arguments[:-1], str(tmp_path / "nets" / "drawn" / "..")]) == 0


def test_people_are_measured_from_histories_to_report(data: Path, tmp_path: Path) -> None:
    write_small_model(tmp_path / "model")
    rows = random_rows(150, 40)
    tens: list[tuple[float, ...]] = [
        (user, 10 * movie, stars, at) for user, movie, stars, at in rows
    ]
    longer = write_csv_set(tmp_path / "tens", [*tens, *_more(tens)])
    out = tmp_path / "cold.json"
    assert (
        main(["cold-people", str(tmp_path / "model"), "--data", str(longer), "--json", str(out)])
        == 0
    )
    tables = json.loads(out.read_text())["people"]["tables"]
    assert len(tables) == 9
    assert all("as served" in table["rows"] for table in tables.values())
    assert "### no film rated" in out.with_suffix(".md").read_text()


def _more(rows: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return ten more films for everyone, before the others."""
    people = sorted({int(row[0]) for row in rows})
    return [
        (user, 10 * film, 3.0, 1000 * user + film) for user in people for film in range(1, 40, 3)
    ]


def test_report_keeps_the_part_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "cold.json"
    films = {"command": "c", "tables": {}}
    people = {"command": "p", "model": "m", "note": "n", "tables": {}}
    keep_part(path, "films", films)
    keep_part(path, "people", people)
    assert set(json.loads(path.read_text())) == {"films", "people"}
    assert "## New people" in "\n".join(report_lines(json.loads(path.read_text())))
    path.write_text('{"other": 1}')
    with pytest.raises(UsageError, match="holds other tables"):
        keep_part(path, "films", films)
    path.write_text("{")
    with pytest.raises(UsageError, match="is no JSON"):
        keep_part(path, "films", films)
