"""Collecting diagnostics: go on after a mistake, so that one run shows every one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..text.diagnostics import Diagnostic, SpecError

#: Mistakes after which nobody reads on, and looking for more could take long in a hostile file.
MAX_MISTAKES = 100


class Collector:
    """Gathers what goes wrong in the pieces of a work; `failed` says whether anything did (maybe silently)."""

    def __init__(self) -> None:
        self._found: dict[Diagnostic, None] = {}
        self.failed = False

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was found, each once, in order."""
        return tuple(self._found)

    def add(self, *diagnostics: Diagnostic) -> None:
        """Note mistakes without stopping."""
        self.failed = self.failed or bool(diagnostics)
        self._found.update(dict.fromkeys(diagnostics))

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Run a piece; a `SpecError` in it is noted and ends that piece only.

        With `MAX_MISTAKES` noted it raises them instead of running the piece: that ends the whole work.
        """
        if len(self._found) >= MAX_MISTAKES:
            raise SpecError(self.diagnostics)
        try:
            yield
        except SpecError as error:
            self.failed = True
            self.add(*error.diagnostics)

    def raise_if_failed(self) -> None:
        """`SpecError` with everything found, if a piece failed."""
        if self.failed:
            raise SpecError(self.diagnostics)
