"""The network being written: its tensors, layers and local operators, and the text they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .names import Names
from .sizes import Size, show

#: Where a long line is broken, and how far what follows is indented.
WIDTH = 116
INDENT = 4
#: Longest text of a model that a comment shows.
LONGEST = 160


@dataclass
class TensorItem:
    """`tensor NAME[AXIS = SIZE, ...]`. Only those that a layer reads are written."""

    name: str
    axes: tuple[tuple[str, Size], ...]
    comments: tuple[str, ...]


@dataclass
class LayerItem:
    """A layer. `dims`: all bounds; `shown`: those that the text must write if its inputs fix the others as expected.

    `precisions`: tensor of the operator -> type, filled in while the graph is read.
    """

    name: str
    op: str
    dims: dict[str, Size]
    shown: frozenset[str]
    settings: dict[str, str]
    operands: dict[str, tuple[str, ...]]
    along: str | None
    comments: list[str]
    precisions: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class LocalOp:
    """An operator that the standard library lacks. `parameters`: name -> type with default, as declared."""

    doc: str
    parameters: tuple[tuple[str, str], ...]
    roles: tuple[tuple[str, str], ...]
    dims: tuple[str, ...]
    equation: str


@dataclass
class Document:
    """What is written. Layers stand in the order in which they were added."""

    names: Names
    tensors: dict[str, TensorItem] = field(default_factory=dict)
    layers: dict[str, LayerItem] = field(default_factory=dict)
    ops: dict[LocalOp, str] = field(default_factory=dict)

    def tensor(self, wanted: str, axes: Iterable[tuple[str, Size]], comments: Iterable[str]) -> str:
        """Declare a tensor; the name that it gets."""
        name = self.names.give(wanted, "tensor_")
        self.tensors[name] = TensorItem(name, tuple(axes) or (("i", 1),), tuple(comments))
        return name

    def layer(
        self,
        wanted: str,
        op: str,
        dims: Mapping[str, Size],
        operands: Mapping[str, tuple[str, ...]],
        *,
        shown: Iterable[str] | None = None,
        settings: Mapping[str, str] | None = None,
        along: str | None = None,
        comments: Iterable[str] = (),
    ) -> LayerItem:
        """Add a layer; `shown` as in `LayerItem`, None for all dims."""
        name = self.names.give(wanted, "layer_")
        kept = frozenset(dims if shown is None else shown)
        item = LayerItem(name, op, dict(dims), kept, dict(settings or {}), dict(operands), along, list(comments))
        self.layers[name] = item
        return item

    def local(self, wanted: str, op: LocalOp) -> str:
        """The name of a local operator, declared when it is first needed."""
        if op not in self.ops:
            self.ops[op] = self.names.give(wanted, "op_")
        return self.ops[op]


def text_of(
    document: Document, network: str, parameters: Mapping[str, int | None], header: Iterable[str], full: frozenset[str]
) -> str:
    """The file. `full`: layers that write all their dims."""
    lines = [f"# {clean(line)}".rstrip() for line in header]
    lines += ["import std.ops as o", ""]
    for op, name in document.ops.items():
        lines += [*_op_lines(op, name), ""]
    given = ", ".join(f"{n}: int" + (f" = {v}" if v is not None else "") for n, v in parameters.items())
    lines.append(f"network {network}({given}) {{" if given else f"network {network} {{")
    read = {s for layer in document.layers.values() for sources in layer.operands.values() for s in sources}
    for tensor in (t for t in document.tensors.values() if t.name in read):
        lines += [_indented(f"## {clean(c)}") for c in tensor.comments]
        lines += _broken(f"tensor {tensor.name}[{_pairs(tensor.axes)}]")
    lines.append("")
    for layer in document.layers.values():
        lines += _layer_lines(layer, layer.name in full)
    return "\n".join([*lines, "}", ""])


def clean(text: str) -> str:
    """Text of a model as a comment can hold it: one line, printable, not too long."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."


def _op_lines(op: LocalOp, name: str) -> list[str]:
    parameters = ", ".join(f"{n}: {kind}" for n, kind in op.parameters)
    lines = [f"## {clean(op.doc)}", f"op {name}({parameters}) {{" if parameters else f"op {name} {{"]
    lines += [_indented(f"{tensor} as {role}") for tensor, role in op.roles]
    lines += [_indented(f"dims {', '.join(op.dims)}")]
    return [*lines, *_broken(op.equation, " * "), "}"]


def _layer_lines(layer: LayerItem, full: bool) -> list[str]:
    dims = _pairs((d, s) for d, s in layer.dims.items() if full or d in layer.shown)
    arguments = [f"{n} = {v}" for n, v in layer.settings.items()]
    arguments += [f"{n} = {v[0] if len(v) == 1 else '[' + ', '.join(v) + ']'}" for n, v in layer.operands.items()]
    if layer.along is not None:
        arguments.append(f"along = {layer.along}")
    comments = list(layer.comments)
    if layer.precisions:
        comments.append("precision: " + ", ".join(f"{t} {p}" for t, p in layer.precisions.items()))
    call = layer.op + (f"[{dims}]" if dims else "") + f"({', '.join(arguments)})"
    return [*(_indented(f"## {clean(c)}") for c in comments), *_broken(f"layer {layer.name} = {call}")]


def _pairs(pairs: Iterable[tuple[str, Size]]) -> str:
    return ", ".join(f"{name} = {show(size)}" for name, size in pairs)


def _indented(line: str) -> str:
    return " " * INDENT + line


def _broken(line: str, between: str = ", ") -> list[str]:
    """A statement in lines of at most `WIDTH` columns where it has places to break: behind commas, before operators."""
    pieces = line.split(between)
    if between == ", ":
        pieces = [f"{p}, " for p in pieces[:-1]] + pieces[-1:]
    else:
        pieces = pieces[:1] + [f"{between}{p}" for p in pieces[1:]]
    lines, current = [], ""
    for piece in pieces:
        if current.strip() and len(current) + len(piece.rstrip()) > WIDTH - INDENT:
            lines.append(current.rstrip())
            current, piece = " " * INDENT, piece.lstrip()
        current += piece
    return [_indented(part) for part in [*lines, current]]
