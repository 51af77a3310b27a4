"""The written file is read again by the language itself: it must be right, and mean what the import meant."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..spec.loader import load_text
from ..syntax import format_text
from ..text.diagnostics import Diagnostic, SpecError
from ..text.limits import MAX_FILE_BYTES
from ..text.source import Source
from .document import Document, text_of
from .errors import OnnxError
from .sizes import evaluate

#: Stands for a dynamic dimension without a default while the text is checked: many small divisors, larger than windows.
SAMPLE = 240

#: A layer that is read otherwise than meant hides those behind it; the last attempt writes all dims of all layers.
ATTEMPTS = 4

_LAYER = re.compile(r"^ *layer (\w+) =", re.MULTILINE)


def checked_text(document: Document, network: str, parameters: Mapping[str, int | None], header: Iterable[str]) -> str:
    """The text in the one style, checked. Layers whose inputs do not fix their dims as meant write them all.

    Raises `OnnxError` if the language does not take it.
    """
    lines = list(header)
    full: frozenset[str] = frozenset()
    values = {name: SAMPLE if value is None else value for name, value in parameters.items()}
    wrong: set[str] = set()
    reasons: tuple[Diagnostic, ...] = ()
    for attempt in range(ATTEMPTS):
        text = text_of(document, network, parameters, lines, full)
        if len(text.encode()) > MAX_FILE_BYTES:
            raise OnnxError(f"the network would be a file of more than {MAX_FILE_BYTES >> 20} MiB")
        wrong, reasons = _wrong(document, network, text, values)
        if not wrong and not reasons:
            return format_text(Source("<import>", text))
        full = frozenset(document.layers) if wrong <= full or attempt == ATTEMPTS - 2 else full | wrong
    raise OnnxError(_told(wrong, reasons, {n: v for n, v in parameters.items() if v is None}))


def _wrong(
    document: Document, network: str, text: str, values: Mapping[str, int]
) -> tuple[set[str], tuple[Diagnostic, ...]]:
    """Layers that the language reads otherwise than meant, or not at all, and what it says."""
    try:
        found = load_text(text, name="<import>").network(network, values)
    except SpecError as error:
        places = [d.primary.span.start for d in error.diagnostics if d.primary is not None]
        return {n for n in (_layer_at(text, p) for p in places) if n}, error.diagnostics
    bounds = {layer.name: {d: b for d, b in layer.bounds if b != 1} for layer in found.layers}
    return {name for name, dims in _meant(document, values).items() if dims != bounds[name]}, ()


def _meant(document: Document, values: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Bounds of every layer; those of 1 aside, which a layer may leave out."""
    return {
        layer.name: {d: value for d, s in layer.dims.items() if (value := evaluate(s, values)) != 1}
        for layer in document.layers.values()
    }


def _layer_at(text: str, place: int) -> str | None:
    found = None
    for match in _LAYER.finditer(text):
        if match.start() > place:
            break
        found = match[1]
    return found


def _told(wrong: set[str], reasons: tuple[Diagnostic, ...], free: Mapping[str, int | None]) -> str:
    said = "; ".join(d.message for d in reasons[:5]) or f"layers {', '.join(sorted(wrong)[:5])} have other bounds"
    hint = f"\nperhaps {', '.join(free)} cannot be {SAMPLE}: give values (--set NAME=VALUE)" if free else ""
    return f"the network cannot be written in the language: {said}{hint}"
