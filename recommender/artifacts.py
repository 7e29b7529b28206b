"""Model files in the "artifacts" storage: put there whole, fetched to a local cache, checked.

A stored artefact is a folder of files and a `manifest.json`, written last, with each file's size
and SHA-256. The artefact's own hash is that of its manifest's canonical bytes, so one string
vouches for every byte.
"""

import hashlib
import json
import os
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import IO, Any

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation
from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

logger = structlog.get_logger(__name__)

MANIFEST = "manifest.json"
_CHUNK_BYTES = 1 << 20
_CACHE_KEPT = 4


class ArtifactStorageError(Exception):
    """An artefact is missing, incomplete or not what its hash says; the message names the file."""


def get_artifact_storage() -> Storage:
    """Return the storage that holds trained models."""
    storage: Storage = storages["artifacts"]
    return storage


def build_manifest(directory: Path) -> bytes:
    """Return the manifest of a folder's files: sorted JSON of name → size and SHA-256.

    Raises:
        ArtifactStorageError: the folder is missing or empty.
    """
    files = sorted(path for path in directory.glob("*") if path.is_file() and path.name != MANIFEST)
    if not files:
        raise ArtifactStorageError(f"{directory} holds no model: export one there first")
    entries = {}
    for path in files:
        with path.open("rb") as stream:
            entries[path.name] = {"bytes": path.stat().st_size, "sha256": _hash_stream(stream)}
    return json.dumps(entries, sort_keys=True, separators=(",", ":")).encode()


def hash_directory(directory: Path) -> str:
    """Return the hash that vouches for a folder's every file (hex)."""
    return hashlib.sha256(build_manifest(directory)).hexdigest()


def store_artifact(directory: Path) -> tuple[str, str]:
    """Copy a folder into the storage; return its prefix there and its hash.

    Each call makes a new prefix, so a copy cut short is never taken for a whole one.

    Raises:
        ArtifactStorageError: the folder is missing or empty.
    """
    manifest = build_manifest(directory)
    sha256 = hashlib.sha256(manifest).hexdigest()
    prefix = f"models/{sha256[:12]}-{uuid.uuid4().hex[:8]}"
    storage = get_artifact_storage()
    for name in json.loads(manifest):
        with (directory / name).open("rb") as stream:
            storage.save(f"{prefix}/{name}", File(stream))
    storage.save(f"{prefix}/{MANIFEST}", ContentFile(manifest))
    return prefix, sha256


def delete_artifact(prefix: str) -> None:
    """Remove an artefact from the storage; what is not there is no error."""
    storage = get_artifact_storage()
    try:
        _, names = storage.listdir(prefix)
    except FileNotFoundError:
        return
    for name in names:
        storage.delete(f"{prefix}/{name}")
    storage.delete(prefix)


def drop_cached_artifact(*, sha256: str) -> None:
    """Remove this host's copy of an artefact; what is not there is no error."""
    folder = _get_cache() / sha256
    shutil.rmtree(folder, ignore_errors=True)
    _get_origin_file(folder).unlink(missing_ok=True)


def _get_cache() -> Path:
    return Path(settings.MOVIESHOW_HOME) / "cache" / "models"


def _get_origin_file(folder: Path) -> Path:
    """Return the file beside a cached copy that says where in the storage it came from."""
    return folder.parent / f".origin-{folder.name}"


def fetch_artifact(*, prefix: str, sha256: str) -> Path:
    """Return a local folder with the artefact, each byte checked against `sha256`.

    A sound copy in the cache is used as it is; a spoilt one is fetched again.

    Raises:
        ArtifactStorageError: the stored files are missing or are not what the hash says.
    """
    folder = _get_cache() / sha256
    if folder.is_dir():
        try:
            verify_directory(folder, sha256=sha256)
        except ArtifactStorageError as error:
            logger.warning("cached_model_spoilt", error=str(error))
            shutil.rmtree(folder, ignore_errors=True)
        else:
            os.utime(folder)
            return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".fetching-", dir=folder.parent))
    try:
        _download(prefix, aside)
        verify_directory(aside, sha256=sha256)
        _get_origin_file(folder).write_text(prefix)
        try:
            aside.rename(folder)
        except OSError:
            # Another process was quicker; its copy is as good once it passes the same check.
            verify_directory(folder, sha256=sha256)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    _prune_cache(folder.parent)
    return folder


def verify_directory(folder: Path, *, sha256: str) -> None:
    """Check that a folder holds exactly what `sha256` vouches for.

    Raises:
        ArtifactStorageError: it does not; the message names the file.
    """
    try:
        manifest = (folder / MANIFEST).read_bytes()
    except OSError as error:
        raise ArtifactStorageError(f"{folder / MANIFEST} cannot be read: {error}") from error
    if hashlib.sha256(manifest).hexdigest() != sha256:
        raise ArtifactStorageError(f"{folder / MANIFEST} is not the one that was published")
    for name, entry in json.loads(manifest).items():
        _verify_file(folder / name, entry)


def _verify_file(path: Path, entry: dict[str, Any]) -> None:
    try:
        with path.open("rb") as stream:
            is_sound = (
                path.stat().st_size == entry["bytes"] and _hash_stream(stream) == entry["sha256"]
            )
    except OSError as error:
        raise ArtifactStorageError(f"{path.name} of the model cannot be read: {error}") from error
    if not is_sound:
        raise ArtifactStorageError(f"{path.name} of the model is corrupt: its hash is wrong")


def _download(prefix: str, folder: Path) -> None:
    """Copy the stored files to a folder, each one flushed to disk."""
    storage = get_artifact_storage()
    name = MANIFEST
    try:
        with storage.open(f"{prefix}/{name}") as source:
            manifest = source.read()
        (folder / name).write_bytes(manifest)
        for name in json.loads(manifest):
            target = folder / Path(name).name
            with storage.open(f"{prefix}/{name}") as source, target.open("wb") as stream:
                shutil.copyfileobj(source, stream, _CHUNK_BYTES)
                stream.flush()
                os.fsync(stream.fileno())
    except (OSError, ValueError, SuspiciousFileOperation) as error:
        raise ArtifactStorageError(f"{prefix}/{name} cannot be read: {error}") from error


def _hash_stream(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK_BYTES):
        digest.update(chunk)
    return digest.hexdigest()


def _prune_cache(folder: Path) -> None:
    """Keep the artefacts used last, but none that the storage has no more: it knew who left.

    A process that has one open keeps it until it lets go.
    """
    cached = [path for path in folder.iterdir() if not path.name.startswith(".")]
    cached.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for place, path in enumerate(cached):
        if place >= _CACHE_KEPT or not _is_still_stored(path):
            drop_cached_artifact(sha256=path.name)


def _is_still_stored(folder: Path) -> bool:
    """Return whether the original of a cached copy is there; a copy of unknown origin counts so."""
    try:
        prefix = _get_origin_file(folder).read_text()
    except FileNotFoundError:
        return True
    return get_artifact_storage().exists(f"{prefix}/{MANIFEST}")
