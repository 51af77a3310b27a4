"""Full enumeration of the mappings with imperfect factors of a tiny layer on a tiny machine.

Every skeleton, every vector of factors for every dim that covers its bound without one that goes on where nothing is
left, and every order of the loops of a slot. The nests are found here, by counting; what they cost comes from the
closed forms, and which fit from the check of a mapping's legality.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import permutations, product

from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.model.evaluate import evaluate
from npudsl.solver.latency import objective_value
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from .enumerate import OBJECTIVES, TooLargeError
from .skeletons import AxisSlot, Group, Skeleton, even_skeletons, uneven_skeletons


@dataclass
class Least:
    """The least value of every objective, how many legal mappings there are, and their (cycles, pJ)."""

    value: dict[str, float] = field(default_factory=dict)
    mappings: int = 0
    costs: set[tuple[float, float]] = field(default_factory=set)

    @property
    def front(self) -> list[tuple[float, float]]:
        """Those that no other beats in one without losing in the other, the fastest first."""
        kept: list[tuple[float, float]] = []
        for cycles, energy in sorted(self.costs):
            if not kept or energy < kept[-1][1]:
                kept.append((cycles, energy))
        return kept


def least_imperfect(arch: Arch, layer: Layer, *, uneven: bool = False, limit: int = 2_000) -> Least:
    """Raises TooLargeError beyond `limit` nests."""
    found, seen = Least(), set[Mapping]()
    for skeleton in (uneven_skeletons if uneven else even_skeletons)(arch, layer):
        for nest in _nests(skeleton, layer, limit):
            if nest in seen:
                continue
            seen.add(nest)
            if len(seen) > limit:
                raise TooLargeError
            if not check_mapping(arch, layer, nest):
                _add(found, arch, layer, nest)
    return found


def _add(found: Least, arch: Arch, layer: Layer, nest: Mapping) -> None:
    evaluation = evaluate(arch, layer, nest)
    found.mappings += 1
    values = {o: objective_value(o, arch, layer, nest, evaluation) for o in OBJECTIVES}
    found.costs.add((values["latency"], values["energy"]))
    for objective, value in values.items():
        found.value[objective] = min(value, found.value.get(objective, value))


def _nests(skeleton: Skeleton, layer: Layer, limit: int) -> Iterator[Mapping]:
    slots = [item for item in skeleton if not isinstance(item, Group)]
    sizes = [slot.size if isinstance(slot, AxisSlot) else None for slot in slots]
    per_dim = [list(_factors(bound, sizes)) for _, bound in layer.bounds]
    total = 1
    for choices in per_dim:
        total *= len(choices)
    if total > 20 * limit:
        raise TooLargeError
    for chosen in product(*per_dim):
        loops = [[(d, f[k]) for (d, _), f in zip(layer.bounds, chosen, strict=True)] for k in range(len(slots))]
        orders = [_orders(slot, one) for slot, one in zip(slots, loops, strict=True)]
        for ordered in product(*orders):
            filled = iter(ordered)
            items: list[Node | Loop] = []
            for item in skeleton:
                items += item.nodes if isinstance(item, Group) else next(filled)
            yield Mapping(tuple(items))


def _orders(slot: object, factors: list[tuple[str, int]]) -> list[tuple[Loop, ...]]:
    if isinstance(slot, AxisSlot):
        return [tuple(Loop(d, f, slot.array, slot.axis) for d, f in factors if f > 1)]
    return list(permutations(Loop(d, f) for d, f in factors if f > 1))


def _factors(bound: int, sizes: list[int | None]) -> Iterator[tuple[int, ...]]:
    """Factors per slot, outermost first, that cover a bound; none starts beyond it at its last value."""
    if not sizes:
        if bound == 1:
            yield ()
        return
    *outer, size = sizes
    for factor in range(1, min(bound, size or bound) + 1):
        for others in _factors(-(-bound // factor), outer):
            yield (*others, factor)
