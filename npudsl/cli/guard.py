"""The one place where failures end: whatever is raised, the user reads a message, never a traceback."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable

from ..text.diagnostics import Diagnostic, SpecError
from .output import Failed, flush, report_diagnostics, say

#: With this set in the environment an internal error shows its traceback (for developers of npudsl).
DEBUG = "NPUDSL_TRACEBACK"


def guarded(action: Callable[[], int], *, json_target: str | None = None) -> int:
    """Run `action` and turn whatever it raises into a message and an exit status.

    1: diagnostics, a failed verification, an interruption, the machine's limits; 2: wrong usage.
    """
    _prepare_streams()
    try:
        status = _told(action, json_target)
        flush()
        return status
    except SystemExit as stop:  # argparse: 0 after --help, 2 after wrong usage
        return _leave(stop.code if isinstance(stop.code, int) else 2)
    except Failed as error:
        say(f"error: {error}")
        return error.status
    except KeyboardInterrupt:
        say("interrupted")
        return 1
    except BrokenPipeError:
        return _abandon_stdout()
    except OSError as error:
        return _leave(_tell_os_error(error))
    except MemoryError:
        say("error: out of memory: the problem is too large for this machine")
        return 1
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        report_diagnostics([_internal(error)])
        return 1


def _told(action: Callable[[], int], json_target: str | None) -> int:
    """`action`, with its diagnostics shown; whatever showing them raises is `guarded`'s business as well."""
    try:
        return action()
    except SpecError as error:
        report_diagnostics(error.diagnostics, json_target=json_target)
        return 1


def _prepare_streams() -> None:
    """Make sure that writing text cannot fail for its characters, nor because a stream was closed by the caller."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (lives as long as the process)
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _tell_os_error(error: OSError) -> int:
    where = f" `{error.filename}`" if error.filename else ""
    reason = error.strerror or str(error)
    if error.errno == errno.ENOSPC and not where:
        where = " the output"
    say(f"error: cannot read or write{where}: {reason}")
    return 1


def _leave(status: int) -> int:
    """Flush what is left; a standard output that cannot be written turns success into failure."""
    try:
        flush()
    except BrokenPipeError:
        return _abandon_stdout()
    except OSError:
        _abandon_stdout()
        return status or 1
    return status


def _abandon_stdout() -> int:
    """The reader of standard output is gone (`| head`) or it is full: stop quietly, also at the interpreter's exit."""
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, sys.stdout.fileno())
    except (OSError, ValueError):
        pass
    finally:
        os.close(null)
    return 1


def _internal(error: Exception) -> Diagnostic:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
    detail = str(error).splitlines()[0][:200] if str(error) else ""
    return Diagnostic(
        code="E799",
        message=f"npudsl made a mistake: {type(error).__name__} at {place}" + (f": {detail}" if detail else ""),
        notes=("this is a defect of npudsl, not of your files",),
        help=f"set {DEBUG}=1 to see where it happened, and report it with the input",
    )
