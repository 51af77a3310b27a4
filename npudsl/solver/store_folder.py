"""The folder of kept answers: files by key, written in one step, never larger than a limit.

Several programs may use it at the same time, and any of them may be killed at any moment: a file is either whole or not
there. Whatever goes wrong is a miss; only `trouble` remembers why nothing could be written.
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time

#: Where answers are kept, instead of the user's cache folder; empty or `off`: nowhere.
VARIABLE = "NPUDSL_CACHE"
#: Bytes of all files, and what is left after a clean-up. A file takes at least a block.
MOST, LEFT, BLOCK = 64 << 20, 48 << 20, 4096
#: No entry is larger, in bytes. A file that was being written longer ago, in seconds, was left by a killed program.
LARGEST, FORGOTTEN = 1 << 20, 3600.0
SUFFIX, PARTIAL = ".json", ".partial"


@dataclass
class Folder:
    """`trouble`: why a file could not be written (then no more are). `grown`: some were written."""

    path: Path
    trouble: str | None = None
    grown: bool = False

    def read(self, key: str) -> str | None:
        """The text that is kept under a key, if it can be read. It counts as used now."""
        path = self._file(key)
        try:
            with open(path, "rb", opener=_at_once) as stream:
                found = os.fstat(stream.fileno())
                if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
                    return None
                text = stream.read(LARGEST).decode("utf-8")
            with suppress(OSError):
                os.utime(path)
            return text
        except (OSError, UnicodeDecodeError):
            return None

    def has(self, key: str) -> bool:
        """Whether something is kept under a key; it may be damaged."""
        return os.path.isfile(self._file(key))

    def write(self, key: str, text: str) -> bool:
        """Keeps a text; whether that went well. After the first failure nothing is tried any more."""
        if self.trouble is not None:
            return False
        path, name = self._file(key), None
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(suffix=PARTIAL, dir=path.parent)
            with open(handle, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
            os.replace(name, path)
            self.grown, name = True, None
            return True
        except OSError as error:
            self.trouble = f"cannot write into `{self.path}`: {error.strerror or error}"
            return False
        finally:
            if name is not None:
                _remove(Path(name))

    def prune(self) -> None:
        """Removes what killed programs left, and if there is too much the entries that were not used for longest."""
        entries = []
        for path, found in self._files():
            if path.suffix == SUFFIX:
                entries.append((found.st_mtime, max(found.st_size, BLOCK), path))
            elif path.suffix == PARTIAL and found.st_mtime < time() - FORGOTTEN:
                _remove(path)
        total = sum(size for _, size, _ in entries)
        if total <= MOST:
            return
        for _, size, path in sorted(entries):
            if total <= LEFT:
                return
            _remove(path)
            total -= size

    def census(self) -> tuple[int, int]:
        """How many answers are kept, and their bytes."""
        sizes = [found.st_size for path, found in self._files() if path.suffix == SUFFIX]
        return len(sizes), sum(sizes)

    def clear(self) -> int:
        """Removes all answers; returns how many. Files that are not ours stay. Raises OSError."""
        removed = 0
        for path, _ in list(self._files()):
            if path.suffix in (SUFFIX, PARTIAL):
                path.unlink(missing_ok=True)
                removed += path.suffix == SUFFIX
        return removed

    def _file(self, key: str) -> Path:
        return self.path / key[:2] / (key + SUFFIX)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """The files two levels down, as `_file` names them."""
        for group in _listed(self.path):
            if len(group.name) == 2 and group.is_dir(follow_symlinks=False):
                for entry in _listed(group):
                    with suppress(OSError):
                        if entry.is_file(follow_symlinks=False):
                            yield Path(entry.path), entry.stat(follow_symlinks=False)


def user_folder() -> Folder | None:
    """The folder that `NPUDSL_CACHE` names, else one in the user's cache folder; None if nothing is to be kept.

    With `sudo` the cache folder may be another user's: it is left alone.
    """
    named = os.environ.get(VARIABLE)
    if named is not None:
        return None if named.strip().lower() in ("", "off") else Folder(Path(named).absolute())
    try:
        path = _cache_folder()
    except RuntimeError:  # there is no home
        return None
    return Folder(path) if _own(path) else None


def _cache_folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(named):  # a relative one is to be ignored, says the standard
        return Path(named) / "npudsl"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "npudsl" / "Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "npudsl"
    return Path.home() / ".cache" / "npudsl"


def _own(path: Path) -> bool:
    """Whether a folder, or the one that it will be made in, is this user's."""
    if not hasattr(os, "geteuid"):
        return True
    there = next(p for p in (path, *path.parents) if os.path.exists(p))
    try:
        return there.stat().st_uid == os.geteuid()
    except OSError:
        return False


def _listed(folder: str | os.PathLike[str]) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()


def _at_once(path: str, flags: int) -> int:
    """Opens without waiting, whatever the file is."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))
