"""Data sets fetched from GroupLens."""

from __future__ import annotations

import os
from pathlib import Path

import requests
from django.conf import settings
from tqdm import tqdm

from catalog.movielens.source import DatasetError

BASE_URL = "https://files.grouplens.org/datasets/movielens"
DATASETS = {
    "latest-small": "ml-latest-small",
    "1m": "ml-1m",
    "10m": "ml-10m",
    "25m": "ml-25m",
    "32m": "ml-32m",
}
MAX_DOWNLOAD_BYTES = 2 * 2**30
TIMEOUT_SECONDS = 30
CHUNK_BYTES = 2**20


def download_dataset(*, name: str, base_url: str = BASE_URL, is_quiet: bool = True) -> Path:
    """Fetch the zip of a set of `DATASETS` into MOVIESHOW_HOME/downloads, once; return its path.

    The file appears under its name only when it is complete.

    Raises:
        DatasetError: It could not be fetched whole.
    """
    folder = Path(settings.MOVIESHOW_HOME) / "downloads"
    path = folder / f"{DATASETS[name]}.zip"
    if path.exists():
        return path
    url = f"{base_url}/{path.name}"
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.part")
    try:
        _fetch(url, partial, is_quiet=is_quiet)
        partial.replace(path)
    except (requests.RequestException, OSError) as error:
        raise DatasetError(
            f"{url}: could not be downloaded ({error}); fetch it yourself and give its path."
        ) from error
    finally:
        partial.unlink(missing_ok=True)
    return path


def _fetch(url: str, partial: Path, *, is_quiet: bool) -> None:
    with requests.get(url, stream=True, timeout=TIMEOUT_SECONDS) as response:
        response.raise_for_status()
        total = int(response.headers.get("Content-Length", 0))
        bar = tqdm(desc=f"Downloading {url}", total=total or None, unit="B", unit_scale=True)
        with partial.open("wb") as file, bar:
            bar.disable = is_quiet or bar.disable
            for chunk in response.iter_content(CHUNK_BYTES):
                file.write(chunk)
                bar.update(len(chunk))
                if file.tell() > MAX_DOWNLOAD_BYTES:
                    raise DatasetError(f"{url}: is larger than {MAX_DOWNLOAD_BYTES >> 30} GiB.")
            file.flush()
            os.fsync(file.fileno())
            if total and file.tell() != total:
                raise DatasetError(f"{url}: broke off after {file.tell():,} of {total:,} bytes.")
