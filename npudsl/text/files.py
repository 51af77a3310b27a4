"""Reading sources: bounded, UTF-8, and with a diagnostic for everything that can go wrong."""

from __future__ import annotations

import os
from pathlib import Path

from .diagnostics import Diagnostic, SpecError
from .limits import MAX_FILE_BYTES
from .source import Source


def read_source(path: str | os.PathLike[str], name: str | None = None) -> Source:
    """The text of the file at `path`, under the name that diagnostics show (the path as given, if None).

    Line ends become newlines and a byte order mark is dropped. Raises SpecError: E701 no such file, E702 a folder,
    E703 not allowed, E704 too large, E705 not UTF-8, E706 anything else the system says.
    """
    shown = os.fspath(path) if name is None else name
    try:
        with Path(path).open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SpecError(_cannot_read(shown, error)) from None
    if len(content) > MAX_FILE_BYTES:
        raise SpecError(too_large(shown))
    return Source(shown, decode(content, shown))


def decode(content: bytes, name: str) -> str:
    """The text of the bytes of a file called `name`. Raises SpecError (E705) if they are not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"`{name}` is not UTF-8 text"
        note = f"byte {error.start} (line {line}) is 0x{content[error.start]:02x}: {error.reason}"
        raise SpecError(Diagnostic("E705", message, notes=(note,), help="save the file as UTF-8")) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def too_large(name: str) -> Diagnostic:
    """The diagnostic for a file beyond `MAX_FILE_BYTES`."""
    limit = f"{MAX_FILE_BYTES >> 20} MiB"
    return Diagnostic("E704", f"`{name}` is larger than {limit}", help="split it into files that import each other")


def _cannot_read(name: str, error: OSError | ValueError) -> Diagnostic:
    if isinstance(error, FileNotFoundError):
        return Diagnostic("E701", f"no file `{name}`")
    if isinstance(error, IsADirectoryError):
        return Diagnostic("E702", f"`{name}` is a folder, not a file")
    if isinstance(error, PermissionError):
        return Diagnostic("E703", f"`{name}` may not be read")
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return Diagnostic("E706", f"`{name}` cannot be read", notes=(reason,))
