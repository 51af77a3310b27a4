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
#: Orders of nodes per choice of bypasses that are searched in the uneven mapspace; and where windows slide, without
#: being asked: an order then has tens of times as many templates (540 orders: minutes and gigabytes per convolution).
MOST_ORDERS, UNASKED_WITH_WINDOWS = 600, 150
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


def widest_space(arch: Arch, layers: Iterable[Layer]) -> str:
    """The largest mapspace in which every layer is searched without being asked: `uneven`, or `even` on a machine whose
    nodes can stand in too many orders."""
    return "uneven" if all(_orders(arch, layer) <= _unasked(layer) for layer in layers) else "even"


def why_even(arch: Arch, layers: Iterable[Layer]) -> str:
    """Where `widest_space` is `even`, what may be asked for all the same. It completes `only even mappings: `."""
    orders = max(_orders(arch, layer) for layer in layers)
    many = f"the nodes of `{arch.name}` can stand in {orders:,} orders"
    if orders > MOST_ORDERS:
        return f"{many}, too many for uneven ones (E604)"
    return f"{many}; `--space uneven` takes minutes and gigabytes of memory per layer"


def _unasked(layer: Layer) -> int:
    return UNASKED_WITH_WINDOWS if slides(layer) else MOST_ORDERS


def _orders(arch: Arch, layer: Layer) -> int:
    """Orders in which the nodes of an uneven mapping can stand, without any bypass."""
    orders = 1
    region: list[Level] = []
    for part in (*arch.nodes[1:], None):
        if isinstance(part, Level):
            region.append(part)
            continue
        chains = [sum(1 for x in region for m in x.memories if m.hold(t.role)) for t in layer.op.tensors]
        orders *= factorial(sum(chains)) // prod(factorial(n) for n in chains)
        region = []
    return orders


def check_orders(arch: Arch, layer: Layer) -> None:
    """Raises SpecError (E604) if the nodes of an uneven mapping have more orders than can be searched."""
    orders = _orders(arch, layer)
    if orders > MOST_ORDERS:
        raise SpecError(
            Diagnostic(
                "E604",
                f"the uneven mapspace of `{layer.name}` on `{arch.name}` is too large to be searched exactly",
                notes=(f"its nodes can stand in {orders:,} orders, {MOST_ORDERS} can be searched",),
                help="search the even mapspace: `--space even`",
            )
        )
