"""What words cost, written once more from semantics.md (Energy and time) and docs/latency.md (Bounds).

    energy   sum of words * width * energy per bit + operations + leakage * cycles
    latency  max(steps / rate, busy(p), steps / rate + apart(p)) over all ports and links p

busy(p): cycles that the words of p take at the equal share of all its instances in use; apart(p): those of them that
fill or empty tiles without a second buffer, which no step overlaps. Energies here are without leakage; for the latency
above it is a lower bound on what it costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import prod

from ..model.counts import Booking, Formulas, Product
from ..spec.arch import Arch, Array, Memory
from ..spec.op import Layer

ENERGY = ("energy", False)
#: What a term adds to: energy, or a resource with whether it is `apart`.
Kind = tuple[str, bool]


@dataclass(frozen=True)
class Term:
    """`weight * product / instances along arrays`, added to `kind`."""

    kind: Kind
    weight: Fraction
    product: Product
    arrays: tuple[str, ...] = ()


def terms(arch: Arch, layer: Layer, bookings: Iterable[Booking], timed: bool) -> Iterator[Term]:
    """What the words of some bookings cost; of time only if `timed`."""
    for booking in bookings:
        pairs = [(Fraction(n), p) for n, p in booking.count.terms]
        price = _price(arch, booking)
        yield from (Term(ENERGY, n * price, p) for n, p in pairs)
        if timed:
            for kind, cycles, arrays in _tolls(arch, booking):
                yield from (Term(kind, n * cycles, p, arrays) for n, p in pairs)


def kinds(arch: Arch, timed: bool) -> tuple[Kind, ...]:
    """Energy, and both sums of every port and link that has a bandwidth."""
    names: list[str] = []
    if timed:
        for memory in arch.memories:
            names += [name for name, rate in (port(memory, "read"), port(memory, "write")) if rate is not None]
        names += [link.name for array in arch.arrays for link in array.links if link.bandwidth is not None]
    return (ENERGY, *((name, apart) for name in dict.fromkeys(names) for apart in (False, True)))


def operations(arch: Arch, layer: Layer) -> Fraction:
    """pJ of all operations."""
    return layer.points * arch.compute.op_energy


def leakage(arch: Arch) -> Fraction:
    """pJ per cycle of everything that is built."""
    built, total = 1, Fraction(0)
    for node in arch.nodes:
        if isinstance(node, Array):
            built *= prod(size for _, size in node.axes)
        else:
            total += built * sum((m.leakage for m in node.memories), Fraction(0))
    return total + built * arch.compute.leakage


def cycles_of(arch: Arch, steps: Fraction, loads: Iterable[tuple[Kind, Fraction]]) -> Fraction:
    """The latency of a whole nest from its steps and its sums of cycles (`apart` without the steps)."""
    pace = steps / arch.compute.rate
    return max([pace, *(load + (pace if apart else 0) for (_, apart), load in loads)])


def cost(
    arch: Arch, layer: Layer, formulas: Formulas, value: Callable[[Product], int], along: Callable[[str], int]
) -> tuple[Fraction, Fraction]:
    """Energy in pJ without leakage and latency in cycles of a whole nest. `value` gives a product, `along` the
    instances in use along an array."""
    totals = dict.fromkeys(kinds(arch, True), Fraction(0))
    for term in terms(arch, layer, formulas.bookings, True):
        totals[term.kind] += term.weight * value(term.product) / prod(map(along, term.arrays))
    steps = Fraction(value(formulas.steps))
    energy = totals.pop(ENERGY) + operations(arch, layer)
    return energy, cycles_of(arch, steps, totals.items())


def _price(arch: Arch, booking: Booking) -> Fraction:
    """pJ per word."""
    role = booking.edge.tensor.role
    if booking.counter == "link":
        energy = {link.name: link.hop_energy for array in arch.arrays for link in array.links}
        return energy[booking.place] * arch.width(None, role)
    memory = arch.memory(booking.place)
    return arch.width(memory.name, role) * (memory.read_energy if booking.counter == "read" else memory.write_energy)


def _tolls(arch: Arch, booking: Booking) -> Iterator[tuple[Kind, Fraction, tuple[str, ...]]]:
    """Sum, cycles per word, and the arrays along which the instances of its port or link stand."""
    role, child = booking.edge.tensor.role, booking.edge.child
    if booking.counter == "link":
        name, rate, width = booking.place, None, arch.width(None, role)
        arrays: tuple[str, ...] = ()
        for array in arch.arrays:
            own = [link for link in array.links if link.name == name]
            arrays += (array.name,)
            if own:
                rate = own[0].bandwidth
                break
    else:
        memory = arch.memory(booking.place)
        (name, rate), width = port(memory, booking.counter), arch.width(memory.name, role)
        arrays = tuple(a.name for a in arch.arrays_between(None, memory.name))
    if rate is None:
        return
    yield (name, False), width / rate, arrays
    if child is not None and not {role} & (arch.memory(child).double | arch.memory(child).fifo):
        yield (name, True), width / rate, arrays


def port(memory: Memory, direction: str) -> tuple[str, Fraction | None]:
    """Name and bit per cycle. With read and write ports, shared ones help both by half; else all serve both."""
    ports = memory.ports
    if memory.bandwidth is None:
        return memory.name, None
    if ports.read and ports.write:
        own = ports.read if direction == "read" else ports.write
        return f"{memory.name} {direction}", memory.bandwidth * (own + Fraction(ports.shared, 2))
    return memory.name, memory.bandwidth * max(1, ports.read + ports.write + ports.shared)
