"""An HDF5 file that is written as long as the disk takes it.

Where a write fails, HDF5 cannot close its file, and h5py ends in a crash of the process. So HDF5 never hears of it
here: the failure is remembered, and raised once the file is closed.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py


@contextlib.contextmanager
def new_file(path: Path, **options: Any) -> Iterator[h5py.File]:
    """Write an HDF5 file.

    Args:
        path: where; what is there is replaced.
        options: of `h5py.File`.

    Raises:
        OSError: the file system refused, such as a full disk; raised as the block ends.
    """
    with path.open("w+b", buffering=0) as file:
        enduring = _Enduring(file)
        try:
            with h5py.File(enduring, "w", **options) as opened:
                yield opened
        finally:
            if enduring.failure:
                raise enduring.failure


class _Enduring:
    """What HDF5 needs of a file object. After a failure it goes on in memory, so that what is read is what was written.

    Attributes:
        failure: the first one, None as long as all is well.
    """

    def __init__(self, file: Any) -> None:
        self._file = file
        self._at = 0
        self._end = 0
        self._lost: list[tuple[int, bytes]] = []
        self.failure: OSError | None = None

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        self._at = self._end + offset if whence == os.SEEK_END else offset
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def read(self, size: int) -> bytes:
        """As `readinto`; h5py knows a file object by its having this."""
        content = bytearray(size)
        self.readinto(content)
        return bytes(content)

    def readinto(self, buffer: Any) -> int:
        """Read from the place on; zeros where nothing was written."""
        view = memoryview(buffer).cast("B")
        view[:] = bytes(len(view))
        self._file.seek(self._at)
        self._file.readinto(view)
        for begin, content in self._lost:
            first, last = max(begin, self._at), min(begin + len(content), self._at + len(view))
            if first < last:
                view[first - self._at : last - self._at] = content[first - begin : last - begin]
        self._at += len(view)
        return len(view)

    def write(self, content: Any) -> int:
        """Write at the place."""
        view = memoryview(content).cast("B")
        begin, size = self._at, len(view)
        self._at += size
        self._end = max(self._end, self._at)
        if self.failure is None:
            try:
                self._file.seek(begin)
                done = 0
                while done < size:
                    done += self._file.write(view[done:])
            except OSError as error:
                self.failure = error
        if self.failure is not None:
            self._lost.append((begin, bytes(view)))
        return size

    def truncate(self, size: int) -> int:
        """Make the file as long as HDF5 says it is."""
        if self.failure is None:
            try:
                self._file.truncate(size)
            except OSError as error:
                self.failure = error
        self._end = size
        return size

    def flush(self) -> None:
        """Nothing waits."""
