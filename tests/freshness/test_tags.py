"""Tags of the people who take part, and their times."""

from pathlib import Path

import pytest

from recommender.ml.dataset_files import DatasetError
from tests.freshness.tags import TagRow, read_tags
from tests.freshness.worlds import at, make_interactions

PEOPLE = make_interactions({7: [(1, at(2012))], 9: [(1, at(2012))]}, data_set="new")


def write_tags(folder: Path, lines: str) -> Path:
    folder.mkdir()
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n7,1,5.0,978300760\n")
    (folder / "tags.csv").write_text(f"userId,movieId,tag,timestamp\n{lines}")
    return folder


def test_tags_of_people_who_take_part_keep_their_times(tmp_path: Path) -> None:
    folder = write_tags(tmp_path / "new", '9,1,"dark, slow",100\n8,1,stranger,100\n7,1, ,100\n')
    assert read_tags([folder], PEOPLE) == [TagRow(1, 1, "dark, slow", 100)]


def test_sets_are_told_apart(tmp_path: Path) -> None:
    folder = write_tags(tmp_path / "other", "9,1,dark,100\n")
    assert read_tags([folder], PEOPLE) == []


def test_malformed_line_is_named(tmp_path: Path) -> None:
    folder = write_tags(tmp_path / "new", "9,1,dark\n")
    with pytest.raises(DatasetError, match=r"tags\.csv:2"):
        read_tags([folder], PEOPLE)
