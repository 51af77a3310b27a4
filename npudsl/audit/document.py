"""What a certificate holds, as data and as JSON (schema 1): the same bytes for the same claims."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from .refused import Refused
from .texts import Files

SCHEMA = 1
OBJECTIVES = ("edp", "energy", "latency")
SPACES = ("even", "uneven")
#: Largest certificate that is read: 64 MiB.
MAX_BYTES = 1 << 26


@dataclass(frozen=True)
class Source:
    """A declaration of one of the programs, with its settings as text of the language."""

    program: int
    name: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Claim:
    """One layer: `mapping` (a block of the language) costs `value`, no mapping of the space less than `lower_bound`.

    The proof rests on list number `classes`. Units as the solver's: pJ, cycles, pJ * cycles."""

    layer: str
    bounds: tuple[tuple[str, int], ...]
    mapping: str
    value: float
    lower_bound: float
    classes: int


@dataclass(frozen=True)
class Certificate:
    """Everything that `solve` claims. `unanswered`: layers that it says nothing about."""

    version: str
    programs: tuple[Files, ...]
    machine: Source
    network: Source
    objective: str
    space: str
    classes: tuple[tuple[str, ...], ...]
    layers: tuple[Claim, ...]
    unanswered: tuple[str, ...] = ()


def to_json(certificate: Certificate) -> str:
    """JSON text with a newline at its end."""
    record = {
        "what": "certificate of npudsl solve",
        "schema": SCHEMA,
        "version": certificate.version,
        "objective": certificate.objective,
        "space": certificate.space,
        "factors": "perfect",
        "machine": _source(certificate.machine),
        "network": _source(certificate.network),
        "layers": [
            {
                "layer": c.layer, "bounds": dict(c.bounds), "value": c.value, "lower_bound": c.lower_bound,
                "classes": c.classes, "mapping": c.mapping.splitlines(),
            }
            for c in certificate.layers
        ],
        "unanswered": list(certificate.unanswered),
        "classes": [list(x) for x in certificate.classes],
        "programs": [{"main": f.main, "texts": {p: t.splitlines() for p, t in f.texts}} for f in certificate.programs],
    }  # fmt: skip
    return json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _source(source: Source) -> dict[str, object]:
    return {"program": source.program, "name": source.name, "settings": dict(source.settings)}


def from_json(text: str) -> Certificate:
    """The certificate in a text. Raises `Refused` for what is none."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("it is not JSON") from None
    field = _Field(record, "certificate")
    if field.get("schema", int) != SCHEMA:
        raise Refused(f"its schema is not {SCHEMA}")
    if field.get("factors", str) != "perfect":
        raise Refused("it is about imperfect factors, which cannot be audited yet")
    certificate = Certificate(
        field.get("version", str),
        tuple(_files(f) for f in field.each("programs")),
        _read_source(field.inner("machine")),
        _read_source(field.inner("network")),
        field.one_of("objective", OBJECTIVES),
        field.one_of("space", SPACES),
        tuple(_texts(x) for x in field.get("classes", list)),
        tuple(_claim(f) for f in field.each("layers")),
        _texts(field.get("unanswered", list)),
    )
    _check_numbers(certificate)
    return certificate


def _check_numbers(certificate: Certificate) -> None:
    programs = len(certificate.programs)
    if not all(0 <= s.program < programs for s in (certificate.machine, certificate.network)):
        raise Refused("it names a program that it does not hold")
    names = [c.layer for c in certificate.layers]
    if len(set(names)) != len(names):
        raise Refused("it has two claims about one layer")
    for claim in certificate.layers:
        if not 0 <= claim.classes < len(certificate.classes):
            raise Refused("it names a list of classes that it does not hold", claim.layer)


class _Field:
    """A JSON object whose fields are read with their types."""

    def __init__(self, record: Any, what: str):
        if not isinstance(record, dict):
            raise Refused(f"its {what} is no JSON object")
        self.record, self.what = record, what

    def get(self, name: str, kind: type) -> Any:
        found = self.record.get(name)
        if not isinstance(found, kind) or isinstance(found, bool):
            raise Refused(f"`{name}` of its {self.what} is missing or no {kind.__name__}")
        return found

    def number(self, name: str) -> float:
        found = self.record.get(name)
        if isinstance(found, bool) or not isinstance(found, (int, float)) or not abs(found) < 1e300:
            raise Refused(f"`{name}` of its {self.what} is not a number")
        return float(found) if math.isfinite(found) else 0.0

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        found = self.get(name, str)
        if found not in allowed:
            raise Refused(f"`{name}` of its {self.what} is none of {', '.join(allowed)}")
        return str(found)

    def inner(self, name: str) -> _Field:
        return _Field(self.record.get(name), name)

    def each(self, name: str) -> list[_Field]:
        return [_Field(x, name) for x in self.get(name, list)]


def _texts(found: Any) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(x, str) for x in found):
        raise Refused("a list of texts in it is none")
    return tuple(found)


def _files(field: _Field) -> Files:
    texts = field.get("texts", dict)
    return Files(field.get("main", str), tuple((p, "\n".join(_texts(t)) + "\n") for p, t in texts.items()))


def _read_source(field: _Field) -> Source:
    settings = field.get("settings", dict)
    if not all(isinstance(v, str) for v in settings.values()):
        raise Refused(f"a setting of its {field.what} is no text")
    return Source(field.get("program", int), field.get("name", str), tuple(settings.items()))


def _claim(field: _Field) -> Claim:
    bounds = field.get("bounds", dict)
    if not all(isinstance(v, int) for v in bounds.values()):
        raise Refused("a bound of a layer is no whole number")
    return Claim(
        field.get("layer", str),
        tuple(bounds.items()),
        "\n".join(_texts(field.get("mapping", list))) + "\n",
        field.number("value"),
        field.number("lower_bound"),
        field.get("classes", int),
    )
