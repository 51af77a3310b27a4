"""The screen of `show`: a machine from the outside in, a network from the first layer to the last."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..spec.arch import Arch, Array, Compute, Level, Link, Memory
from ..spec.net import Network
from ..spec.op import Layer
from ..spec.summary import total_weights, weights
from .console import table
from .figures import data, digits, plural, short, whole


def architecture(arch: Arch) -> Iterator[RenderableType]:
    """The hierarchy, outermost first; what an array repeats is indented below it."""
    clock = f", {short(arch.clock)}Hz" if arch.clock else ""
    yield Text.assemble((arch.name, "bold"), f": {whole(_instances(arch))} compute units{clock}")
    shown = table()
    for header, justify in (
        ("place", "left"),
        ("instances", "right"),
        ("size", "right"),
        ("holds", "left"),
        ("energy", "left"),
        ("bit/cycle", "right"),
        *((("leakage", "left"),) if _leaks(arch) else ()),
    ):
        shown.add_column(header, justify="right" if justify == "right" else "left", no_wrap=header == "place")
    for row in _rows(arch):
        shown.add_row(*row[: len(shown.columns)])
    yield shown


def _leaks(arch: Arch) -> bool:
    return arch.compute.leakage > 0 or any(memory.leakage for memory in arch.memories)


def _leakage(part: Memory | Compute) -> str:
    """Of each instance."""
    return f"{digits(part.leakage)} pJ/cycle" if part.leakage else ""


def _rows(arch: Arch) -> Iterator[tuple[str, ...]]:
    """Place, instances, size, what it holds, energy, bandwidth, leakage; some of the last left out."""
    indent, count = 0, 1
    for node in arch.nodes:
        if isinstance(node, Level):
            yield from _level_rows(arch, node, indent, count)
            continue
        for _, size in node.axes:
            count *= size
        yield from _array_rows(node, indent, count)
        indent += 1
    compute = arch.compute
    rate = "" if compute.rate == 1 else f" at {digits(compute.rate)} op/cycle"
    energy = f"{digits(compute.op_energy)} pJ/op"
    yield (" " * 2 * indent + compute.name + rate, whole(count), "", "", energy, "", _leakage(compute))


def _level_rows(arch: Arch, level: Level, indent: int, count: int) -> Iterator[tuple[str, ...]]:
    alone = len(level.memories) == 1 and level.memories[0].name == level.name
    if not alone:
        yield (" " * 2 * indent + f"{level.name}:", "", "", "", "", "")
    for memory in level.memories:
        yield (
            " " * 2 * (indent if alone else indent + 1) + memory.name,
            whole(count),
            "unlimited" if memory.size is None else data(memory.size),
            _holds(memory),
            _energies(arch, memory),
            "unlimited" if memory.bandwidth is None else digits(memory.bandwidth),
            _leakage(memory),
        )


def _array_rows(array: Array, indent: int, count: int) -> Iterator[tuple[str, ...]]:
    axes = ", ".join(f"{name} = {size}" for name, size in array.axes)
    yield (" " * 2 * indent + f"{array.name}[{axes}]", whole(count), "", "", "", "")
    for link in array.links:
        bandwidth = "unlimited" if link.bandwidth is None else digits(link.bandwidth)
        yield (
            " " * 2 * (indent + 1) + link.name,
            "",
            "",
            _carries(link),
            f"{digits(link.hop_energy)} pJ/bit",
            bandwidth,
        )


def _holds(memory: Memory) -> str:
    parts = []
    for hold in memory.holds:
        cap = f" <= {data(hold.cap)}" if hold.cap is not None else ""
        twice = " x2" if hold.role in memory.double else ""
        queue = " +fifo" if hold.role in memory.fifo else ""
        parts.append(f"{hold.role}{'?' if hold.optional else ''}{cap}{twice}{queue}")
    return ", ".join(parts)


def _carries(link: Link) -> str:
    parts = [
        f"{what} {', '.join(sorted(roles))}"
        for what, roles in (("multicast", link.multicast), ("reduce", link.reduce), ("unicast", link.unicast))
        if roles
    ]
    return "; ".join(parts) + (f" along {', '.join(link.along)}" if link.along else "")


def _energies(arch: Arch, memory: Memory) -> str:
    """`read / write` per word, a range where the held roles have words of different widths."""
    widths = sorted({arch.width(memory.name, hold.role) for hold in memory.holds})
    if not widths:
        return ""
    read, write = (_range(widths, per_bit) for per_bit in (memory.read_energy, memory.write_energy))
    return f"{read} pJ/word" if read == write else f"{read} / {write} pJ/word"


def _range(widths: list[Fraction], per_bit: Fraction) -> str:
    low, high = digits(widths[0] * per_bit), digits(widths[-1] * per_bit)
    return low if low == high else f"{low}..{high}"


def _instances(arch: Arch) -> int:
    count = 1
    for array in arch.arrays:
        for _, size in array.axes:
            count *= size
    return count


def network(net: Network) -> Iterator[RenderableType]:
    """The layers in order."""
    macs = sum(layer.macs * layer.repeat for layer in net.layers)
    figures = f"{plural(len(net.layers), 'layer')}, {whole(macs)} MACs, {whole(total_weights(net))} weights"
    yield Text.assemble((net.name, "bold"), f": {figures}")
    yield _layers(net.layers)


def _layers(layers: tuple[Layer, ...]) -> Table:
    shown = table()
    shown.add_column("layer", no_wrap=True)
    shown.add_column("op", no_wrap=True)
    shown.add_column("dims")
    for header in ("MACs", "ops", "weights"):
        shown.add_column(header, justify="right", no_wrap=True)
    for layer in layers:
        dims = " ".join(f"{dim}{bound}" for dim, bound in layer.bounds if bound != 1)
        shown.add_row(
            layer.name + (f" x {layer.repeat}" if layer.repeat > 1 else ""),
            layer.op.name,
            dims,
            whole(layer.macs) if layer.macs else "",
            "" if layer.op.is_mac else whole(layer.points),
            whole(weights(layer)) if weights(layer) else "",
        )
    return shown
