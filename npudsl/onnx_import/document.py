"""The network being written: its tensors, layers and local operators, and the text they make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from textwrap import wrap

from .names import Names
from .sizes import Size, show
from .values import Known

#: Where a long line is broken, and how far what follows is indented.
WIDTH = 116
INDENT = 4
#: Longest text of a model that a comment shows.
LONGEST = 400
#: Expressions of sizes longer than this get a name of their own.
LONG_SIZE = 24


@dataclass
class TensorItem:
    """`tensor NAME[AXIS = SIZE, ...]`. Only those that a layer reads are written."""

    name: str
    axes: tuple[tuple[str, Size], ...]
    comments: tuple[str, ...]


@dataclass
class LayerItem:
    """A layer. `dims`: all bounds; `shown`: those that the text must write if its inputs fix the others as expected.

    `precisions`: tensor of the operator -> type, filled in while the graph is read. `known`: operands that nothing
    produces, with what is known of them; they are not written.
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
    known: dict[str, Known] = field(default_factory=dict)


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
    lines = [line for text in header for line in _comment("#", text)]
    lines += ["import std.ops as o", ""]
    for op, name in document.ops.items():
        lines += [*_op_lines(op, name), ""]
    given = ", ".join(f"{n}: int" + (f" = {v}" if v is not None else "") for n, v in parameters.items())
    head = _broken(f"network {network}({given}) {{" if given else f"network {network} {{")
    lines += [line[INDENT:] for line in head]
    read = {s for layer in document.layers.values() for sources in layer.operands.values() for s in sources}
    tensors = [t for t in document.tensors.values() if t.name in read]
    written = _Written(tensors, document.layers.values())
    for size, name in written.named.items():
        lines += _broken(f"let {name} = {size}", " + ")
    for tensor in tensors:
        lines += [_indented(line) for c in tensor.comments for line in _comment("##", c)]
        lines += _broken(f"tensor {tensor.name}[{written.pairs(tensor.axes)}]")
    lines.append("")
    for layer in document.layers.values():
        lines += _layer_lines(layer, written, layer.name in full)
    return "\n".join([*lines, "}", ""])


class _Written:
    """Sizes as they are written: `named` has long expressions, which the network names before it uses them."""

    def __init__(self, tensors: Iterable[TensorItem], layers: Iterable[LayerItem]):
        sizes = [s for t in tensors for _, s in t.axes]
        for layer in layers:
            sizes += layer.dims.values()
        long = [text for s in sizes if not isinstance(s, int) and len(text := show(s)) > LONG_SIZE]
        self.named = {text: f"size_{i}_" for i, text in enumerate(dict.fromkeys(long), 1)}

    def text(self, shown: str) -> str:
        """An expression, or the name that it has."""
        return self.named.get(shown, shown)

    def pairs(self, pairs: Iterable[tuple[str, Size]]) -> str:
        """`n = 1, c = 3`."""
        return ", ".join(f"{name} = {self.text(show(size))}" for name, size in pairs)


def clean(text: str) -> str:
    """Text of a model as a comment can hold it: one line, printable, not too long."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 3] + "..."


def _comment(mark: str, text: str) -> list[str]:
    """A comment in lines that are not too long."""
    return [f"{mark} {line}" for line in wrap(clean(text), WIDTH - INDENT - 3, break_on_hyphens=False)]


def _op_lines(op: LocalOp, name: str) -> list[str]:
    parameters = ", ".join(f"{n}: {kind}" for n, kind in op.parameters)
    head = _broken(f"op {name}({parameters}) {{" if parameters else f"op {name} {{")
    lines = [*_comment("##", op.doc), *(line[INDENT:] for line in head)]
    lines += [_indented(f"{tensor} as {role}") for tensor, role in op.roles]
    lines += [_indented(f"dims {', '.join(op.dims)}")]
    for line in _broken(op.equation, " * "):
        inner = len(line) - len(line.lstrip()) - INDENT
        lines += [" " * inner + part for part in _broken(line.strip())]
    return [*lines, "}"]


def _layer_lines(layer: LayerItem, written: _Written, full: bool) -> list[str]:
    dims = written.pairs((d, s) for d, s in layer.dims.items() if full or d in layer.shown)
    arguments = [f"{n} = {written.text(v)}" for n, v in layer.settings.items()]
    arguments += [f"{n} = {v[0] if len(v) == 1 else '[' + ', '.join(v) + ']'}" for n, v in layer.operands.items()]
    if layer.along is not None:
        arguments.append(f"along = {layer.along}")
    comments = list(layer.comments)
    if layer.precisions:
        comments.append("precision: " + ", ".join(f"{t} {p}" for t, p in layer.precisions.items()))
    call = layer.op + (f"[{dims}]" if dims else "") + f"({', '.join(arguments)})"
    said = [_indented(line) for c in comments for line in _comment("##", c)]
    return [*said, *_broken(f"layer {layer.name} = {call}")]


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
