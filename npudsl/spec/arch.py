"""Architectures, resolved: memories, arrays, links and compute, outermost first, in exact numbers.

Units: sizes and widths in bit, energies in pJ, per-bit energies in pJ/bit, bandwidths in bit/cycle, power in pJ/cycle,
all `Fraction`. `None` for a size or a bandwidth means unlimited.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from ..text.source import Span
from .hashing import hashed_once


@dataclass(frozen=True)
class Hold:
    """A role that a memory may hold. `optional`: the mapping decides (bypass or keep). `cap`: its share, in bit."""

    role: str
    optional: bool = False
    cap: Fraction | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Ports:
    """How a memory's words leave and enter: `read` and `write` ports of the full bandwidth each, or `shared` ones."""

    read: int = 0
    write: int = 0
    shared: int = 1


@dataclass(frozen=True)
class Memory:
    name: str
    size: Fraction | None
    holds: tuple[Hold, ...]
    read_energy: Fraction
    write_energy: Fraction
    bandwidth: Fraction | None = None
    ports: Ports = Ports()
    double: frozenset[str] = frozenset()  # roles that are double-buffered: their tiles count twice
    fifo: frozenset[str] = frozenset()  # roles of which the next tile waits in a FIFO: it takes no room here
    widths: tuple[tuple[str, Fraction], ...] = ()  # role -> bit per word here, where it differs from compute's
    leakage: Fraction = Fraction(0)
    area: Fraction | None = None  # mm2
    span: Span | None = field(default=None, compare=False, repr=False)
    size_span: Span | None = field(default=None, compare=False, repr=False)

    def hold(self, role: str) -> Hold | None:
        return next((h for h in self.holds if h.role == role), None)

    def ahead(self, role: str) -> bool:
        """Whether a tile of this role may move while the work on another goes on."""
        return role in self.double or role in self.fifo


@dataclass(frozen=True)
class Level:
    """Memories that share one place in the hierarchy; a memory outside a `level` block is a level of its own."""

    name: str
    memories: tuple[Memory, ...]
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Link:
    """A network of an array. A role in `multicast` reaches several instances with one read, a role in `reduce` is
    added on the way, a role in `unicast` is only carried. `along`: the axes it works along (all if empty).
    `hop_energy` is paid per bit and delivered word (per hop on a neighbour link)."""

    name: str
    multicast: frozenset[str] = frozenset()
    reduce: frozenset[str] = frozenset()
    unicast: frozenset[str] = frozenset()
    along: tuple[str, ...] = ()
    neighbour: bool = False
    hop_energy: Fraction = Fraction(0)
    bandwidth: Fraction | None = None
    area: Fraction | None = None
    span: Span | None = field(default=None, compare=False, repr=False)

    def carries(self, role: str) -> bool:
        return role in self.multicast or role in self.reduce or role in self.unicast


@dataclass(frozen=True)
class Array:
    """Instances of everything below, along named axes."""

    name: str
    axes: tuple[tuple[str, int], ...]
    links: tuple[Link, ...] = ()
    span: Span | None = field(default=None, compare=False, repr=False)

    def combining_axes(self, role: str, is_output: bool) -> frozenset[str]:
        """The axes along which words of `role` are shared: multicast for what is read, reduced for an output.

        An array without links is ideal and shares along every axis (semantics.md, Movement).
        """
        names = frozenset(a for a, _ in self.axes)
        if not self.links:
            return names
        shared: set[str] = set()
        for link in self.links:
            if role in (link.reduce if is_output else link.multicast):
                shared |= set(link.along) or names
        return frozenset(shared)


@dataclass(frozen=True)
class Compute:
    name: str
    op_energy: Fraction  # pJ per operation
    rate: Fraction = Fraction(1)  # operations per cycle and instance
    precision: tuple[tuple[str, Fraction], ...] = ()  # role -> bit per word
    leakage: Fraction = Fraction(0)
    area: Fraction | None = None
    span: Span | None = field(default=None, compare=False, repr=False)


@hashed_once
@dataclass(frozen=True)
class Arch:
    """A machine: levels and arrays outermost first, then one compute unit. `clock` in Hz."""

    name: str
    nodes: tuple[Level | Array, ...]
    compute: Compute
    clock: Fraction | None = None
    span: Span | None = field(default=None, compare=False, repr=False)
    #: What its parameters were given, as text of the language that uses no names.
    arguments: tuple[tuple[str, str], ...] = field(default=(), compare=False, repr=False)

    @cached_property
    def levels(self) -> tuple[Level, ...]:
        return tuple(n for n in self.nodes if isinstance(n, Level))

    @cached_property
    def arrays(self) -> tuple[Array, ...]:
        return tuple(n for n in self.nodes if isinstance(n, Array))

    @cached_property
    def memories(self) -> tuple[Memory, ...]:
        return tuple(m for level in self.levels for m in level.memories)

    def memory(self, name: str) -> Memory:
        return next(m for m in self.memories if m.name == name)

    @cached_property
    def depth(self) -> dict[str, int]:
        """Position among `nodes` of every level (also under its memories' names) and array."""
        found: dict[str, int] = {}
        for i, node in enumerate(self.nodes):
            found[node.name] = i
            if isinstance(node, Level):
                found.update({m.name: i for m in node.memories})
        return found

    def path(self, role: str) -> tuple[Memory, ...]:
        """The memories that may hold `role`, outermost first."""
        return tuple(m for m in self.memories if m.hold(role))

    def arrays_between(self, outer: str | None, inner: str | None) -> tuple[Array, ...]:
        """Arrays below memory `outer` (None: from outside everything) and above memory `inner` (None: the compute)."""
        low = -1 if outer is None else self.depth[outer]
        high = len(self.nodes) if inner is None else self.depth[inner]
        return tuple(n for i, n in enumerate(self.nodes) if low < i < high and isinstance(n, Array))

    def width(self, memory: str | None, role: str) -> Fraction:
        """Bit per word of `role` in a memory (None: at the compute unit)."""
        if memory is not None:
            for r, bits in self.memory(memory).widths:
                if r == role:
                    return bits
        for r, bits in self.compute.precision:
            if r == role:
                return bits
        return Fraction(16)
