"""A zip that is sent while it is made, so that no more than a piece of it is ever in memory."""

import io
import zipfile
from collections.abc import Iterable, Iterator

from accounts.personal_data import ExportedFile

PIECE_BYTES = 64 * 1024


class _Outlet(io.RawIOBase):
    """Takes what zipfile writes, in one direction, until it is fetched."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = bytearray()

    def writable(self) -> bool:
        """Return true."""
        return True

    def write(self, data: object, /) -> int:
        """Keep bytes until they are fetched."""
        piece = bytes(data)  # type: ignore[call-overload]
        self.waiting += piece
        return len(piece)

    def fetch(self) -> bytes:
        """Return what was written since the last time."""
        data = bytes(self.waiting)
        self.waiting.clear()
        return data


def stream_zip(files: Iterable[ExportedFile]) -> Iterator[bytes]:
    """Yield the bytes of a zip of these files."""
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            with archive.open(file.name, "w", force_zip64=True) as member:
                for piece in file.pieces:
                    member.write(piece.encode())
                    if len(outlet.waiting) >= PIECE_BYTES:
                        yield outlet.fetch()
            yield outlet.fetch()
    yield outlet.fetch()
