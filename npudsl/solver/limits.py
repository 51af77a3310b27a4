"""How large a search may get before it is refused: a message is better than a machine without memory."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb, factorial, prod

from ..spec.arch import Arch, Level
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from .groups import groups_of, slides
from .primes import powers as powers_of

#: Vectors of tile extents in one table; rows of one group of dims.
MOST_VECTORS, MOST_ROWS = 20_000_000, 3_000_000
#: Orders of nodes per choice of bypasses that are searched one by one in the uneven mapspace; and where windows slide,
#: without being asked: an order then has tens of times as many templates.
MOST_ORDERS, UNASKED_WITH_WINDOWS = 600, 150
#: The same for orders that have their parts in common (`sections.py`): sets of nodes that may stand outside a cut times
#: orders of the nodes below arrays.
MOST_CUTS, UNASKED_CUTS_WITH_WINDOWS = 800, 200
#: Places a dim is split over at the most, for the estimate.
PLACES = 6


def check_size(layer: Layer, dims: tuple[str, ...]) -> None:
    """Raises SpecError (E603) if the bounds have more divisors than can be searched."""
    powers = {d: powers_of(layer.bound[d]) for d in dims}
    vectors = prod(e + 1 for d in dims for e in powers[d])
    rows = {g: prod(comb(e + PLACES - 1, e) for d in g for e in powers[d]) for g in groups_of(layer, dims)}
    group = max(rows, key=lambda g: rows[g])
    if vectors <= MOST_VECTORS and rows[group] <= MOST_ROWS:
        return
    split = ", ".join(f"{d} = {layer.bound[d]}" for d in (dims if vectors > MOST_VECTORS else group))
    raise SpecError(
        Diagnostic(
            "E603",
            f"the mapspace of `{layer.name}` is too large to be searched exactly",
            notes=(f"the ways to split {split} into perfect factors are too many",),
            help="use a bound with fewer divisors, or split the layer into several",
        )
    )


def widest_space(arch: Arch, layers: Iterable[Layer], *, listed: bool = False) -> str:
    """The largest mapspace in which every layer is searched without being asked: `uneven`, or `even` on a machine whose
    nodes can stand in too many orders. `listed`: every order by itself, as dataflows and certificates need it."""
    return "uneven" if all(_size(arch, x, listed) <= _unasked(x, listed) for x in layers) else "even"


def why_even(arch: Arch, layers: Iterable[Layer], *, listed: bool = False) -> str:
    """Where `widest_space` is `even`, what may be asked for all the same. It completes `only even mappings: `."""
    layers = tuple(layers)
    orders = max(prod(_orders(arch, layer)) for layer in layers)
    many = f"the nodes of `{arch.name}` can stand in {orders:,} orders"
    if any(_size(arch, layer, listed) > _most(listed) for layer in layers):
        return f"{many}, too many for uneven ones (E604)"
    return f"{many}; `--space uneven` takes a minute or more per layer"


def check_orders(arch: Arch, layer: Layer, *, listed: bool = False) -> None:
    """Raises SpecError (E604) if the nodes of an uneven mapping have more orders than can be searched."""
    if _size(arch, layer, listed) > _most(listed):
        outside, below = _orders(arch, layer)
        note = f"its nodes can stand in {outside * below:,} orders"
        if listed:
            note += f", {MOST_ORDERS} can be told apart by a dataflow or a certificate"
        else:
            note += f": {outside:,} outside of arrays, which is less of a problem, times {below:,} below"
        raise SpecError(
            Diagnostic(
                "E604",
                f"the uneven mapspace of `{layer.name}` on `{arch.name}` is too large to be searched exactly",
                notes=(note,),
                help="search the even mapspace: `--space even`",
            )
        )


def _most(listed: bool) -> int:
    return MOST_ORDERS if listed else MOST_CUTS


def _unasked(layer: Layer, listed: bool) -> int:
    if not slides(layer):
        return _most(listed)
    return UNASKED_WITH_WINDOWS if listed else UNASKED_CUTS_WITH_WINDOWS


def _size(arch: Arch, layer: Layer, listed: bool) -> int:
    """What the time of an uneven search goes with."""
    outside, below = _orders(arch, layer)
    if listed:
        return outside * below
    chains = _chains(arch, layer)[0]
    return prod(n + 1 for n in chains) * below


def _orders(arch: Arch, layer: Layer) -> tuple[int, int]:
    """Orders in which the nodes of an uneven mapping can stand, without any bypass: outside of arrays, and below."""
    outside, *below = (factorial(sum(c)) // prod(factorial(n) for n in c) for c in _chains(arch, layer))
    return outside, prod(below)


def _chains(arch: Arch, layer: Layer) -> list[list[int]]:
    """For the levels outside of arrays, and for those below each array, the nodes of every tensor."""
    regions: list[list[Level]] = [[]]
    for part in arch.nodes[1:]:
        if isinstance(part, Level):
            regions[-1].append(part)
        else:
            regions.append([])
    return [[sum(1 for x in some for m in x.memories if m.hold(t.role)) for t in layer.op.tensors] for some in regions]
