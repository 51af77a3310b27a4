"""The syntax tree of `.npu`: frozen nodes, each with the span of its text. No meaning is attached here.

`syntax/parser.py` makes it, `syntax/formatter.py` prints it, `spec/` resolves it.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from ..text.source import Span


@dataclass(frozen=True)
class Name:
    text: str
    span: Span


@dataclass(frozen=True)
class Path:
    """`a.b.c`"""

    parts: tuple[Name, ...]
    span: Span

    @property
    def text(self) -> str:
        return ".".join(p.text for p in self.parts)


# ---- expressions -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Number:
    """A number as written; `unit` is the glued or following unit, if any (`108 KiB`). `value` is exact."""

    value: Fraction
    unit: Name | None
    span: Span


@dataclass(frozen=True)
class Text:
    value: str
    span: Span


@dataclass(frozen=True)
class Unary:
    """`operator` is `-` or `not`."""

    operator: str
    operand: Expr
    span: Span


@dataclass(frozen=True)
class Binary:
    """`operator` is one of `+ - * / // % ^ == != < <= > >= and or`."""

    operator: str
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True)
class Conditional:
    condition: Expr
    then: Expr
    otherwise: Expr
    span: Span


@dataclass(frozen=True)
class Argument:
    """An argument, by name or (name None) by position."""

    name: Name | None
    value: Expr
    span: Span


@dataclass(frozen=True)
class Reference:
    """`path[items](arguments)`: a name, an indexed tensor, an instance, a call. `None`: the part is not written."""

    path: Path
    items: tuple[Item, ...] | None
    arguments: tuple[Argument, ...] | None
    span: Span


@dataclass(frozen=True)
class ListOf:
    """`[a, b, c]`"""

    items: tuple[Item, ...]
    span: Span


Expr = Number | Text | Unary | Binary | Conditional | Reference | ListOf


# ---- items of brackets -------------------------------------------------------------------------


@dataclass(frozen=True)
class NamedItem:
    """`m = 96`"""

    name: Name
    value: Expr
    span: Span


@dataclass(frozen=True)
class OptionalItem:
    """`weight?` or `weight? <= 8 KiB`"""

    name: Name
    operator: str | None
    limit: Expr | None
    span: Span


@dataclass(frozen=True)
class RestItem:
    """`..` (or `...`)"""

    span: Span


Item = NamedItem | OptionalItem | RestItem | Expr


# ---- statements --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Let:
    name: Name
    value: Expr
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class Assert:
    condition: Expr
    message: Text | None
    span: Span


@dataclass(frozen=True)
class Require:
    condition: Expr
    message: Text | None
    span: Span


@dataclass(frozen=True)
class Attribute:
    """`name = value`; which names are legal is the schema table's business."""

    name: Name
    value: Expr
    span: Span


@dataclass(frozen=True)
class Parameter:
    """`name: type = default`"""

    name: Name
    type: Name
    default: Expr | None
    span: Span


@dataclass(frozen=True)
class Import:
    """`import a.b as c`"""

    path: Path
    alias: Name | None
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class Row:
    key: Expr
    value: Expr
    span: Span


@dataclass(frozen=True)
class Table:
    """`table name(key: type) : value_type mode { key => value ... }`, mode `linear` or `loglog` ..."""

    name: Name
    key: Parameter
    value_type: Name
    mode: Name
    rows: tuple[Row, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class Component:
    name: Name
    parameters: tuple[Parameter, ...]
    kind: Name  # memory | compute | link
    body: tuple[Attribute | Let | Assert, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class Part:
    """`memory dram : t.dram(...) { ... }`, likewise `link` and `compute`: `kind` is the keyword."""

    kind: str
    name: Name
    component: Reference
    body: tuple[Attribute | Let | Assert, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class LevelBlock:
    name: Name
    memories: tuple[Part, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class ArrayBlock:
    name: Name
    axes: tuple[Item, ...]
    body: tuple[ArchItem, ...]
    span: Span
    doc: str | None = None


ArchItem = Part | LevelBlock | ArrayBlock | Attribute | Let | Assert


@dataclass(frozen=True)
class ArchDecl:
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[ArchItem, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class Dims:
    names: tuple[Name, ...]
    span: Span


@dataclass(frozen=True)
class RoleOf:
    """`left as input`: the tensor takes the role."""

    tensor: Name
    role: Name
    span: Span


@dataclass(frozen=True)
class Equation:
    """`left reduction right`; `reduction` is `+=`, `max=`, `min=` or `=`."""

    left: Reference
    reduction: str
    right: Expr
    span: Span


OpItem = Dims | RoleOf | Equation | Let | Assert


@dataclass(frozen=True)
class OpDecl:
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[OpItem, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class TensorDecl:
    """`tensor image[n = batch, c = 3, ...]` of a network."""

    name: Name
    axes: tuple[Item, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class LayerDecl:
    """`layer conv1 = o.conv2d[...](...) repeat 3`"""

    name: Name
    call: Reference
    repeat: Expr | None
    span: Span
    doc: str | None = None


NetItem = TensorDecl | LayerDecl | Let | Assert


@dataclass(frozen=True)
class NetworkDecl:
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[NetItem, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class Loops:
    """A slot of a mapping: `glb.output any [m = 4, ...]`. `any`: the order is free."""

    place: Path
    any_order: bool
    items: tuple[Item, ...]
    span: Span


@dataclass(frozen=True)
class Choice:
    """`keep glb.weight` or `bypass glb.weight`: `action` is the keyword."""

    action: str
    place: Path
    span: Span


MapItem = Loops | Choice | Let | Require


@dataclass(frozen=True)
class Target:
    """A layer of a network: `alexnet.conv1` (all of it in `path`) or `alexnet(batch = 4).conv1` (`path` is the network,
    `layer` what follows; a layer of a network that is a layer has several parts)."""

    path: Path
    arguments: tuple[Argument, ...] | None
    layer: Path | None
    span: Span


@dataclass(frozen=True)
class MappingDecl:
    """`mapping name for target on arch { ... }`; `arch` has no items."""

    name: Name
    target: Target | None
    arch: Reference | None
    body: tuple[MapItem, ...]
    span: Span
    doc: str | None = None


@dataclass(frozen=True)
class Range:
    """`low .. high by step`; `geometric`: `by *2`."""

    low: Expr
    high: Expr
    step: Expr | None
    geometric: bool
    span: Span


@dataclass(frozen=True)
class Vary:
    name: Name
    values: ListOf | Range
    span: Span


@dataclass(frozen=True)
class Run:
    network: Reference
    arch: Reference
    using: Reference | None
    span: Span


@dataclass(frozen=True)
class Goal:
    """`minimize energy, latency`; `direction` is `minimize` or `maximize`."""

    direction: str
    goals: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True)
class ExploreDecl:
    name: Name
    body: tuple[Vary | Run | Goal | Let | Require, ...]
    span: Span
    doc: str | None = None


Declaration = Import | Let | Table | Component | ArchDecl | OpDecl | NetworkDecl | MappingDecl | ExploreDecl


@dataclass(frozen=True)
class File:
    """One file. `comments` are the spans of every `#` comment that is not documentation, for the formatter."""

    declarations: tuple[Declaration, ...]
    comments: tuple[Span, ...]
    span: Span
