"""What was uploaded, opened within limits: one file, or the files in a zip."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from django.utils.translation import gettext_noop

from catalog.importing.notes import Note, UploadRefusedError, make_note

MIB = 2**20
MAX_UPLOAD_BYTES = 20 * MIB
MAX_MEMBERS = 1000
MAX_MEMBER_BYTES = 32 * MIB
MAX_TOTAL_BYTES = 64 * MIB
# Text packs to a tenth; what unpacks to a hundred times its size is made to fill memory.
MAX_RATIO = 100
RATIO_FREE_BYTES = MIB
SHEET_MEMBER = "[Content_Types].xml"
# Other methods may ask for gigabytes before the first byte comes out (the dictionary of LZMA).
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
# What zipfile raises of a broken zip: a header cut short is a struct.error, a name a ValueError.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    OSError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One file's text; `name` is its path in the zip, `is_lone` that it came without one."""

    name: str
    text: str
    is_lone: bool

    @property
    def depth(self) -> int:
        """How many folders of the zip it lies in."""
        return len(PurePosixPath(self.name).parts) - 1

    @property
    def folder(self) -> str:
        """The name of the folder it lies in, in small letters; empty where there is none."""
        return PurePosixPath(self.name).parent.name.lower()

    @property
    def stem(self) -> str:
        """The file's own name without its ending, in small letters."""
        return PurePosixPath(self.name).stem.lower()


def open_parts(data: bytes, *, name: str, remarks: list[Note]) -> Iterator[Part]:
    """Yield the text files of an upload, one in memory at a time; say in `remarks` what is odd.

    Raises:
        UploadRefusedError: It is none of what can be read, damaged, or beyond the limits.
    """
    if len(data) > MAX_UPLOAD_BYTES:
        raise UploadRefusedError(
            gettext_noop("The file has more than %(most)s MiB."), most=MAX_UPLOAD_BYTES // MIB
        )
    if not data.strip():
        raise UploadRefusedError(gettext_noop("The file is empty."))
    if data.startswith(b"\x1f\x8b"):
        raise UploadRefusedError(
            gettext_noop("The file is packed with gzip: unpack it and upload what is in it.")
        )
    if not data.startswith(b"PK"):
        yield Part(name, decode(data, name=name, remarks=remarks), is_lone=True)
        return
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in _list_members(archive):
                unpacked = _read_member(archive, info)
                if not _is_text(unpacked):
                    continue
                text = decode(unpacked, name=info.filename, remarks=remarks)
                yield Part(info.filename, text, is_lone=False)
    except BROKEN as error:
        raise UploadRefusedError(
            gettext_noop("The zip is damaged (%(reason)s): export it anew."),
            reason=str(error)[:120],
        ) from error


def _list_members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the members that may hold text, once the zip is seen to be within the limits."""
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > MAX_MEMBERS:
        raise UploadRefusedError(
            gettext_noop("The zip holds %(count)s files; %(most)s are the most."),
            count=len(infos),
            most=MAX_MEMBERS,
        )
    if any(info.filename == SHEET_MEMBER for info in infos):
        raise UploadRefusedError(
            gettext_noop("This is a spreadsheet: save it as CSV and upload that.")
        )
    if any(info.flag_bits & 1 for info in infos):
        raise UploadRefusedError(
            gettext_noop("The zip is locked with a password: upload one that is not.")
        )
    if any(info.compress_type not in METHODS for info in infos):
        raise UploadRefusedError(
            gettext_noop("The zip is packed in a rare way: pack it anew as an ordinary zip.")
        )
    for info in infos:
        if info.file_size > RATIO_FREE_BYTES + MAX_RATIO * info.compress_size:
            raise UploadRefusedError(
                gettext_noop(
                    "%(name)s unpacks to over %(ratio)s times its size: that is no export."
                ),
                name=info.filename,
                ratio=MAX_RATIO,
            )
    if sum(info.file_size for info in infos) > MAX_TOTAL_BYTES:
        raise UploadRefusedError(
            gettext_noop("The zip unpacks to more than %(most)s MiB."), most=MAX_TOTAL_BYTES // MIB
        )
    return [info for info in infos if not _is_hidden(info.filename)]


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _read_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member's bytes; its header may lie about their number, so they are counted."""
    most = min(MAX_MEMBER_BYTES, RATIO_FREE_BYTES + MAX_RATIO * info.compress_size)
    with archive.open(info) as stream:
        data = stream.read(most + 1)
    if len(data) > most:
        raise UploadRefusedError(
            gettext_noop("%(name)s unpacks to more than %(most)s MiB."),
            name=info.filename,
            most=most // MIB,
        )
    return data


def _is_text(data: bytes) -> bool:
    return data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" not in data[:4096]


def decode(data: bytes, *, name: str, remarks: list[Note]) -> str:
    """Return bytes as text: UTF-8, UTF-16 where marked so, else Latin-1, which is remarked.

    Raises:
        UploadRefusedError: It is no text.
    """
    if not _is_text(data):
        raise UploadRefusedError(
            gettext_noop("%(name)s is no text: upload a zip, CSV or JSON file."), name=name
        )
    try:
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            return data.decode("utf-16")
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = gettext_noop(
            "%(name)s is not in UTF-8 and was read as Latin-1: look whether accents are right."
        )
        remarks.append(make_note(text, name=name))
        return data.decode("latin-1")
