"""An answer as text and back: a mapping and its certificate, as JSON with a checksum. Data only, never code."""

from __future__ import annotations

import json
from dataclasses import fields
from hashlib import sha256

from ..mapping.nest import Loop, Mapping, Node
from .solution import Certificate

SCHEMA = 1
#: More than any mapping has (`mapping/resolve.py` has the same for files).
MOST_ITEMS, MOST_FACTOR = 2_000, 10**18


class DamagedError(ValueError):
    """The text is not what was written."""


def encode(key: str, mapping: Mapping, certificate: Certificate) -> str:
    """One line of checksum, one of JSON."""
    body = json.dumps(
        {
            "schema": SCHEMA,
            "key": key,
            "mapping": [_item(item) for item in mapping.items],
            "certificate": {f.name: getattr(certificate, f.name) for f in fields(certificate)},
        },
        allow_nan=False,
    )
    return f"{_sum(body)}\n{body}\n"


def decode(text: str, key: str) -> tuple[Mapping, Certificate]:
    """What `encode` was given for this key. Raises DamagedError."""
    checksum, _, rest = text.partition("\n")
    body = rest.removesuffix("\n")
    if checksum != _sum(body):
        raise DamagedError("checksum")
    try:
        entry = json.loads(body)
        if (entry["schema"], entry["key"]) != (SCHEMA, key) or len(entry["mapping"]) > MOST_ITEMS:
            raise DamagedError("another entry")
        return Mapping(tuple(_item_of(item) for item in entry["mapping"])), Certificate(**entry["certificate"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise DamagedError(type(error).__name__) from None


def _item(item: Node | Loop) -> dict[str, object]:
    if isinstance(item, Node):
        return {"tensor": item.tensor, "memory": item.memory}
    return {"dim": item.dim, "factor": item.factor, "array": item.array, "axis": item.axis}


def _item_of(found: dict[str, object]) -> Node | Loop:
    match found:
        case {"tensor": str(tensor), "memory": str(memory), **rest} if not rest:
            return Node(tensor, memory)
        case {"dim": str(dim), "factor": int(factor), "array": None, "axis": None} if _factor(factor):
            return Loop(dim, factor)
        case {"dim": str(dim), "factor": int(factor), "array": str(array), "axis": str(axis)} if _factor(factor):
            return Loop(dim, factor, array, axis)
    raise DamagedError("an item of a mapping")


def _factor(number: int) -> bool:
    return not isinstance(number, bool) and 1 <= number <= MOST_FACTOR


def _sum(body: str) -> str:
    return sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
