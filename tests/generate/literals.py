"""Writes a case as a Python expression that can be pasted into `tests/model/counterexamples.py`."""

from __future__ import annotations

from dataclasses import MISSING, fields, is_dataclass
from typing import Any

WIDTH = 110


def literal(value: Any, indent: int = 0) -> str:
    """`value` as an expression, attributes with their default left out; long ones one argument a line."""
    if is_dataclass(value):
        parts = [f"{f.name}={literal(getattr(value, f.name), indent + 4)}" for f in fields(value) if _told(value, f)]
        return _call(type(value).__name__ + "(", parts, ")", indent)
    if isinstance(value, tuple):
        parts = [literal(v, indent + 4) for v in value]
        return _call("(", [parts[0] + ","] if len(parts) == 1 else parts, ")", indent)
    if isinstance(value, frozenset):
        return f"frozenset({sorted(value)!r})" if value else "frozenset()"
    return repr(value)


def _told(value: Any, attribute: Any) -> bool:
    default = attribute.default
    return default is MISSING or getattr(value, attribute.name) != default


def _call(opening: str, parts: list[str], closing: str, indent: int) -> str:
    flat = opening + ", ".join(parts) + closing
    if indent + len(flat) <= WIDTH and "\n" not in flat:
        return flat.replace(",)", ",)")
    pad = " " * (indent + 4)
    return opening + "\n" + "".join(f"{pad}{p.rstrip(',')},\n" for p in parts) + " " * indent + closing
