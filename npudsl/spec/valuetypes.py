"""Types of parameters, tables and attributes: which dimensions a value may have, and how a diagnostic says so."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..syntax import tree
from ..text.diagnostics import Diagnostic, Fix, Label, SpecError
from ..text.source import Span
from ..text.suggest import nearest
from .units import (
    AREA,
    AREA_PER_DATA,
    CYCLE,
    DATA,
    DATA_PER_CYCLE,
    DATA_PER_TIME,
    ENERGY,
    ENERGY_PER_CYCLE,
    ENERGY_PER_DATA,
    ENERGY_PER_OP,
    FREQUENCY,
    LENGTH,
    NUMBER,
    OP,
    OP_PER_CYCLE,
    OP_PER_TIME,
    POWER,
    TIME,
    Dimension,
    find_unit,
)
from .values import Quantity, Unlimited, Value, kind_of, unit_label


@dataclass(frozen=True)
class ValueType:
    """`dimensions`: those a quantity may have (none: no quantity); `noun` with article; `accepted` names the units."""

    name: str
    dimensions: tuple[Dimension, ...]
    noun: str
    accepted: str = ""
    whole: bool = False
    python: type | None = None

    @property
    def example_unit(self) -> str:
        """A unit in which such a value is often written."""
        return self.accepted.split("`")[1] if "`" in self.accepted else ""


def _types() -> dict[str, ValueType]:
    found = [
        ValueType("int", (NUMBER,), "a whole number", whole=True),
        ValueType("real", (NUMBER,), "a plain number"),
        ValueType("bool", (), "a truth value", "`true` or `false`", python=bool),
        ValueType("text", (), "a text", python=str),
        ValueType("data", (DATA,), "an amount of data", "in data (`KiB`)"),
        ValueType("energy", (ENERGY,), "an energy", "in energy (`pJ`)"),
        ValueType("time", (TIME,), "a time", "in time (`ns`)"),
        ValueType("cycles", (CYCLE,), "a number of cycles", "in cycles (`cycle`)"),
        ValueType("operations", (OP,), "a number of operations", "in operations (`op`)"),
        ValueType("length", (LENGTH,), "a length", "in length (`mm`)"),
        ValueType("area", (AREA,), "an area", "in area (`mm2`)"),
        ValueType("power", (POWER, ENERGY_PER_CYCLE), "a power", "in power (`mW`) or energy per cycle (`pJ/cycle`)"),
        ValueType("frequency", (FREQUENCY,), "a frequency", "in frequency (`MHz`)"),
        ValueType("energy_per_data", (ENERGY_PER_DATA,), "an energy per data", "in energy per data (`pJ/bit`)"),
        ValueType(
            "energy_per_op",
            (ENERGY, ENERGY_PER_OP),
            "an energy per operation",
            "in energy (`pJ`) or energy per operation (`pJ/op`)",
        ),
        ValueType("area_per_data", (AREA_PER_DATA,), "an area per data", "in area per data (`mm2/KiB`)"),
        ValueType(
            "bandwidth",
            (DATA_PER_TIME, DATA_PER_CYCLE),
            "a data rate",
            "in data per time (`GB/s`) or data per cycle (`bit/cycle`)",
        ),
        ValueType(
            "rate",
            (OP_PER_CYCLE, OP_PER_TIME),
            "a rate of operations",
            "in operations per cycle (`op/cycle`) or per time (`Gop/s`)",
        ),
    ]
    return {t.name: t for t in found}


#: Every type by name: what may stand after `:` of a parameter.
TYPES: dict[str, ValueType] = _types()


def find_type(name: tree.Name) -> ValueType:
    """The type a parameter or table names; E201 with what exists."""
    found = TYPES.get(name.text)
    if found is None:
        near = nearest(name.text, TYPES)
        raise SpecError(
            Diagnostic(
                "E201",
                f"no type `{name.text}`",
                Label(name.span, "not a type"),
                notes=() if near else (f"types: {', '.join(TYPES)}",),
                help=f"did you mean `{near}`?" if near else None,
            )
        )
    return found


@dataclass(frozen=True)
class Subject:
    """What a value is for: `name` (`bandwidth`), `owner` (a memory's `bandwidth`), and reasons to show."""

    name: str
    owner: str = ""
    labels: tuple[Label, ...] = ()


def check_type(
    value: Value, wanted: ValueType, expr_span: Span, subject: Subject, expr: tree.Expr | None = None
) -> Value:
    """The value itself if it fits the type (`inf` fits quantities); else E102 (dimension, kind) or E103 (not whole)."""
    if wanted.python is not None:
        fits = isinstance(value, wanted.python)
    elif isinstance(value, Quantity):
        fits = value.dimension in wanted.dimensions
        if fits and wanted.whole and value.value.denominator != 1:
            raise SpecError(
                Diagnostic(
                    "E103",
                    f"{subject.name} is a whole number, but this is {value}",
                    Label(expr_span, "not whole"),
                    subject.labels,
                )
            )
    else:
        fits = isinstance(value, Unlimited) and not wanted.whole
    if fits:
        return value
    help_, fix = _dimension_help(value, wanted, expr)
    return _raise(
        Diagnostic(
            "E102",
            f"{subject.name} is {wanted.noun}, but this is {kind_of(value)}",
            Label(expr_span, unit_label(value)),
            subject.labels,
            (f"{subject.owner or subject.name} is {wanted.accepted}",) if wanted.accepted else (),
            help_,
            fix,
        )
    )


def _raise(diagnostic: Diagnostic) -> Value:
    raise SpecError(diagnostic)


def _dimension_help(value: Value, wanted: ValueType, expr: tree.Expr | None) -> tuple[str | None, Fix | None]:
    """How to mend a number with a wrong unit: a unit of the wanted dimension that begins with the written one."""
    if not isinstance(expr, tree.Number) or not isinstance(value, Quantity):
        return None, None
    if expr.unit is None:
        example = wanted.example_unit
        return (f"give it a unit, as in `{expr.span.text} {example}`" if example else None), None
    if wanted.dimensions == (NUMBER,):
        text = expr.span.text[: -len(expr.unit.text)].rstrip()
        return f"write `{text}`", Fix(expr.span, text)
    for below in ("s", "cycle", "bit", "op", "KiB") if "/" not in expr.unit.text else ():
        unit = find_unit(f"{expr.unit.text}/{below}")
        if unit is not None and unit.dimension in wanted.dimensions:
            text = f"{expr.span.text}/{below}"
            return f"write `{text}`", Fix(expr.span, text)
    return None, None


def plain(value: Value) -> Fraction:
    """The number of a quantity in base units (the caller has checked that it is one)."""
    assert isinstance(value, Quantity)
    return value.value
