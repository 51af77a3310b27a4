"""Colours of rendered diagnostics: ANSI sequences, or nothing."""

from __future__ import annotations

from dataclasses import dataclass

_RESET = "\x1b[0m"
_BOLD = "\x1b[1m"
_RED = "\x1b[1;31m"
_BLUE = "\x1b[1;34m"
_GREEN = "\x1b[1;32m"


@dataclass(frozen=True)
class Style:
    """Paints the parts of a diagnostic, if `color`."""

    color: bool

    def _paint(self, code: str, text: str) -> str:
        return f"{code}{text}{_RESET}" if self.color and text else text

    def error(self, text: str) -> str:
        return self._paint(_RED, text)

    def message(self, text: str) -> str:
        return self._paint(_BOLD, text)

    def gutter(self, text: str) -> str:
        return self._paint(_BLUE, text)

    def primary(self, text: str) -> str:
        return self._paint(_RED, text)

    def secondary(self, text: str) -> str:
        return self._paint(_BLUE, text)

    def help(self, text: str) -> str:
        return self._paint(_GREEN, text)
