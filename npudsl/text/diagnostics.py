"""What the user is told: diagnostics as data, and the one exception that carries them.

Rendering is a separate matter (`text/render.py`), so that a terminal, JSON and an editor show the same objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from .source import Span


@dataclass(frozen=True)
class Label:
    """A marked piece of source and what to say about it."""

    span: Span
    text: str = ""


@dataclass(frozen=True)
class Fix:
    """A replacement that can be applied as it stands: put `replacement` where `span` is."""

    span: Span
    replacement: str


@dataclass(frozen=True)
class Diagnostic:
    """One mistake: a sentence, the smallest wrong text, the reasons, at most one help.

    `code` is `E` and three digits: E0xx text and grammar, E1xx units and values, E2xx names,
    E3xx networks and shapes, E4xx architectures, E5xx mappings, E6xx solving, E7xx input and output.
    `notes` explain and stand before the help; `listing` tells what exists instead and stands after it.
    """

    code: str
    message: str
    primary: Label | None = None
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    fix: Fix | None = None
    listing: tuple[str, ...] = ()


class SpecError(Exception):
    """The input is wrong. Carries every diagnostic that was found; `str()` gives their messages."""

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]):
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = found
        super().__init__("\n".join(f"{d.code}: {d.message}" for d in found))
