"""Where a command's words go: results to standard output or a file, everything else to standard error."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ..text.diagnostics import Diagnostic

#: Diagnostics beyond this many are counted, not shown.
SHOWN = 50


class Failed(Exception):
    """A command cannot go on; the message is for the user. `status`: 1, or 2 for wrong usage."""

    def __init__(self, message: str, status: int = 1):
        super().__init__(message)
        self.status = status


def say(message: str) -> None:
    """A line on standard error."""
    try:
        sys.stderr.write(message + "\n")
        sys.stderr.flush()
    except OSError:
        pass  # there is nowhere left to tell it


def put(text: str) -> None:
    """Text on standard output, ending in a newline."""
    sys.stdout.write(text if text.endswith("\n") else text + "\n")


def flush() -> None:
    sys.stdout.flush()


def report_diagnostics(diagnostics: Iterable[Diagnostic], *, json_target: str | None = None) -> None:
    """Show diagnostics on standard error, and as JSON where `--json` asked for it."""
    from ..text.render import render, to_json

    found = tuple(diagnostics)
    color = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in found[:SHOWN]:
        say(render(diagnostic, color=color, width=100) + "\n")
    if len(found) > SHOWN:
        say(f"... and {len(found) - SHOWN} more")
    if json_target is not None:
        write_json({"schema": 1, "diagnostics": [to_json(d) for d in found]}, json_target)


def json_text(record: object) -> str:
    """A record as JSON, the same bytes for the same record."""
    return json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)


def write_json(record: object, target: str) -> None:
    """Write a record as JSON to a file, or alone to standard output for `-`. Raises `Failed` like `write_results`."""
    write_results([(json_text(record), target)])


def write_results(results: Iterable[tuple[str, str]]) -> None:
    """Write each text to its target (`-`: standard output), never losing one.

    Raises `Failed` if a file could not be written; its text is on standard output then.
    """
    problems = []
    for text, target in results:
        if target == "-":
            put(text)
            continue
        try:
            write_file(Path(target), text if text.endswith("\n") else text + "\n")
        except OSError as error:
            put(text)
            problems.append(f"cannot write `{target}`: {error.strerror or error}; it went to standard output instead")
    if problems:
        raise Failed("; ".join(problems))


def write_file(path: Path, text: str) -> None:
    """Replace a file's content in one step: after a failure the old content still stands.

    Raises `OSError`. A link is followed; what is not a regular file (a device, a pipe) is written straight.
    """
    real = Path(os.path.realpath(path))
    if real.exists() and not real.is_file():
        with open(real, "w", encoding="utf-8") as stream:
            stream.write(text)
        return
    handle, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.chmod(name, _mode(real))
        os.replace(name, real)
    except BaseException:
        os.unlink(name)
        raise


def _mode(path: Path) -> int:
    """The permissions that the file has, or that a new file gets."""
    if path.exists():
        return path.stat().st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def check_writable(target: str | None) -> None:
    """Complain before long work about a result file that cannot be written. Raises `Failed` with status 2."""
    if target is None or target == "-":
        return
    path = Path(os.path.realpath(target))
    if path.is_dir():
        raise Failed(f"`{target}` is a folder, not a file", 2)
    if not path.parent.is_dir():
        raise Failed(f"no folder `{path.parent}` to write `{path.name}` into", 2)
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise Failed(f"no permission to write `{target}`", 2)
