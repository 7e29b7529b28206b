"""Stops an upload that is too large while it comes, before it fills the disk."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

from catalog.importing.container import MAX_UPLOAD_BYTES


class LimitedUploadHandler(FileUploadHandler):
    """Passes a request's files on to the next handlers until they are together too large.

    What is over is read and thrown away; `is_over` then says so. Put it before the others.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.received = 0
        self.is_over = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:  # noqa: ARG002
        """Count a chunk and pass it on.

        Raises:
            SkipFile: The limit is passed.
        """
        self.received += len(raw_data)
        if self.received > MAX_UPLOAD_BYTES:
            self.is_over = True
            raise SkipFile
        return raw_data

    def file_complete(self, file_size: int) -> "UploadedFile[bytes] | None":  # noqa: ARG002
        """Leave making the file to the handlers behind this one."""
        return None
