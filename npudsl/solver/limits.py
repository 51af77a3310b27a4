"""How large a search may get before it is refused: a message is better than a machine without memory."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb, factorial, prod

from ..spec.arch import Arch, Level
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from .groups import groups_of, slides
from .latency import loads
from .prices import leakage
from .primes import divisors
from .primes import powers as powers_of
from .waits import waits

#: Vectors of tile extents in one table; rows of one group of dims.
MOST_VECTORS, MOST_ROWS = 20_000_000, 3_000_000
#: Orders of nodes per choice of bypasses that are searched one by one in the uneven mapspace; and where windows slide,
#: without being asked: an order then has tens of times as many templates.
MOST_ORDERS, UNASKED_WITH_WINDOWS = 600, 150
#: The same for orders that have their parts in common (`sections.py`): sets of nodes that may stand outside a cut times
#: orders of the nodes below arrays; for layers without and with windows (as without, if time is limited).
MOST_CUTS = (6000, 800)
#: Without being asked, by objective: the more loads a front knows, the more entries it has.
UNASKED_CUTS = {"energy": (3000, 200), "edp": (400, 100), "latency": (100, 100)}
#: Costs by cut and vector of extents that fronts may know of what is outside; bounds the memory.
MOST_OUTSIDE = 1 << 26
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


def widest_space(arch: Arch, layers: Iterable[Layer], objective: str, *, listed: bool = False) -> str:
    """The largest mapspace in which every layer is searched without being asked: `uneven`, or `even` on a machine whose
    nodes can stand in too many orders. `listed`: every order by itself, as dataflows and certificates need it."""

    def fits(layer: Layer) -> bool:
        orders, windows = prod(_orders(arch, layer)), slides(layer)
        if orders <= (UNASKED_WITH_WINDOWS if windows else MOST_ORDERS):
            return True
        return not listed and _in_common(arch, layer, UNASKED_CUTS[objective][windows], timed=_timed(arch, objective))

    return "uneven" if all(map(fits, layers)) else "even"


def why_even(arch: Arch, layers: Iterable[Layer], objective: str, *, listed: bool = False) -> str:
    """Where `widest_space` is `even`, what may be asked for all the same. It completes `only even mappings: `."""
    layers = tuple(layers)
    orders = max(prod(_orders(arch, layer)) for layer in layers)
    many = f"the nodes of `{arch.name}` can stand in {orders:,} orders"
    if not all(_searchable(arch, layer, timed=_timed(arch, objective), listed=listed) for layer in layers):
        return f"{many}, too many for uneven ones (E604)"
    return f"{many}; `--space uneven` takes a minute or more per layer"


def check_orders(arch: Arch, layer: Layer, *, timed: bool = False, listed: bool = False, limited: bool = False) -> None:
    """Raises SpecError (E604) if the nodes of an uneven mapping have more orders than can be searched. `timed`: what
    ports and links take is counted; `limited`: the search ends when its time is up, with the gap that is left."""
    if _searchable(arch, layer, timed=timed, listed=listed, limited=limited):
        return
    outside, below = _orders(arch, layer)
    note = f"its nodes can stand in {outside * below:,} orders"
    if listed:
        note += f", {MOST_ORDERS} can be told apart by a dataflow or a certificate"
    elif has_tables(arch, layer, timed=timed):
        note += f": {outside:,} outside of arrays, which is less of a problem, times {below:,} below"
    else:
        note += f", with tiles of {_vectors(layer):,} different extents between any two nodes"
    raise SpecError(
        Diagnostic(
            "E604",
            f"the uneven mapspace of `{layer.name}` on `{arch.name}` is too large to be searched exactly",
            notes=(note,),
            help=_instead(_searchable(arch, layer, timed=timed, listed=listed, limited=True)),
        )
    )


def _instead(limited: bool) -> str:
    even = "search the even mapspace: `--space even`"
    return f"{even}; or with `--time-limit 300` as far as that goes, with the gap that is left" if limited else even


def has_tables(arch: Arch, layer: Layer, *, timed: bool) -> bool:
    """Whether fronts at all cuts between nodes outside of arrays have room in memory."""
    memories = [m for level in _regions(arch)[0] for m in level.memories]
    rooms = sum(1 + sum(hold.cap is not None for hold in m.holds) for m in memories)
    kinds = 1 + rooms + (len(loads(arch, layer)) + len(waits(arch, layer)) if timed else 0)
    optional = sum(1 for t in layer.op.tensors for m in arch.memories if (hold := m.hold(t.role)) and hold.optional)
    return kinds * _vectors(layer) * _cuts(arch, layer) * 2**optional <= MOST_OUTSIDE


def _searchable(arch: Arch, layer: Layer, *, timed: bool, listed: bool, limited: bool = False) -> bool:
    if prod(_orders(arch, layer)) <= MOST_ORDERS:
        return True
    most = MOST_CUTS[slides(layer) and not limited]
    return not listed and _in_common(arch, layer, most, timed=timed)


def _in_common(arch: Arch, layer: Layer, most: int, *, timed: bool) -> bool:
    """Whether orders may be searched that have their parts in common: at most so many cuts times orders below."""
    _, below = _orders(arch, layer)
    return _cuts(arch, layer) * below <= most and has_tables(arch, layer, timed=timed)


def _timed(arch: Arch, objective: str) -> bool:
    return objective != "energy" or leakage(arch) > 0


def _vectors(layer: Layer) -> int:
    """Extents that tiles may have: a divisor of every bound."""
    return prod(len(divisors(bound)) for _, bound in layer.bounds)


def _cuts(arch: Arch, layer: Layer) -> int:
    """Sets of nodes outside of arrays that may stand outside a cut, without any bypass."""
    return prod(n + 1 for n in _chains(arch, layer)[0])


def _orders(arch: Arch, layer: Layer) -> tuple[int, int]:
    """Orders in which the nodes of an uneven mapping can stand, without any bypass: outside of arrays, and below."""
    outside, *below = (factorial(sum(c)) // prod(factorial(n) for n in c) for c in _chains(arch, layer))
    return outside, prod(below)


def _chains(arch: Arch, layer: Layer) -> list[list[int]]:
    """For the levels outside of arrays, and for those below each array, the nodes of every tensor."""
    tensors = layer.op.tensors
    return [[sum(1 for x in some for m in x.memories if m.hold(t.role)) for t in tensors] for some in _regions(arch)]


def _regions(arch: Arch) -> list[list[Level]]:
    """The levels outside of arrays, but for the outermost, and those below each array."""
    regions: list[list[Level]] = [[]]
    for part in arch.nodes[1:]:
        if isinstance(part, Level):
            regions[-1].append(part)
        else:
            regions.append([])
    return regions
