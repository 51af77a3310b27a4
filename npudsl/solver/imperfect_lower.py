"""What no mapping with clipped factors is below: the least of convex programs, split where that raises it.

Every case of every template has a program (`imperfect_program.py`) whose least value is at most that of every mapping
which fits the template. The program with the least bound is split in two (`imperfect_nodes.py`), again and again. What
was proven for all parts together is the bound; how much is done is counted in iterations of linear programs, so that
it is the same in every run.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count, islice

import numpy as np

from ..mapping.nest import Mapping
from ..spec.arch import Arch
from ..spec.op import Layer
from .groups import live_dims, skeleton
from .hierarchy import Hierarchy, hierarchies
from .imperfect_convex import Range
from .imperfect_cuts import Cuts
from .imperfect_nodes import Candidate, Limits, Node, candidates, part, sides
from .imperfect_program import Assembly
from .imperfect_steps import least_steps
from .imperfect_terms import Relaxed
from .prices import leakage
from .symmetry import distinct, renamings
from .templates import Template, parts

#: Templates of a layer: more take longer than they are worth. Templates whose least values are made whole.
MOST_TEMPLATES, DIVES = 1000, 4
#: Numbers that are tried before one is split, and how often each; what counts as a gain at least; what is said of
#: nothing; numbers made whole one after the other.
TRIED, RELIABLE, SMALL, GONE, DEEPEST = 6, 2, 1e-6, 1e3, 40
#: How close tangents have to be, first and last; how far below what is known a bound counts as equal.
CLOSE, CLOSEST, EQUAL = 1e-4, 2e-10, 1e-10


@dataclass(frozen=True)
class Uncut(Hierarchy):
    """A hierarchy whose templates are whole nests."""

    def may_cut(self, tier: int) -> bool:
        return False


@dataclass
class Gains:
    """What a number's being whole raised bounds by, on the average of some `times`, per unit of its distance."""

    down: float = 0.0
    up: float = 0.0
    times: int = 0

    def add(self, down: float, up: float) -> None:
        self.times += 1
        self.down += (down - self.down) / self.times
        self.up += (up - self.up) / self.times


#: A part with its bound; None: there is nothing in it.
Bounded = tuple[float, Node] | None


class Lower:
    """`bound`: the logarithm of what no mapping of the layer is below, as far as has been proven; `closed`: no number
    is left to split by where the bound is; `work`: iterations of all linear programs so far. `range_`: what the energy
    and the cycles of the best mapping lie between."""

    def __init__(self, arch: Arch, layer: Layer, space: str, objective: str, range_: Range, tick: Callable[[], None]):
        self.arch, self.layer, self.space, self.objective, self.range = arch, layer, space, objective, range_
        self.tick = tick
        self.bound = -np.inf
        self.work = 0
        self.started, self.closed = False, False
        self._numbers = count()
        self._gains: dict[tuple[int, int], Gains] = {}
        self._heap: list[tuple[float, int, Node]] = []

    def start(self, top: float) -> None:
        """The first bound of every case; nothing is begun if there are too many of them. `top`: the logarithm of the
        value of a mapping; what has nothing below is dropped."""
        found = list(islice(self._templates(), MOST_TEMPLATES + 1))
        if not 0 < len(found) <= MOST_TEMPLATES:
            return
        for root in self._roots(found):
            self._push(-np.inf, self._solve(root), top)
        self.started = True

    def run(self, top: float, most: int) -> None:
        """Raises the bound until it is `top`, the logarithm of the value of a mapping, or nothing more is to be gained,
        or linear programs took `most` iterations."""
        if not self.started:
            return
        most += self.work
        while self._heap and self.work < most:
            bound, _, node = self._heap[0]
            if bound >= top - EQUAL:  # of a mapping that was found since
                break
            children = self._split(bound, node, top) if node.tight else [self._solve(node)]
            self.closed = children is None and node.close <= CLOSEST
            if self.closed:
                break
            heapq.heappop(self._heap)
            for child in children or [(bound, replace(node, close=CLOSEST, tight=False))]:
                self._push(bound, child, top)
            self.bound = max(self.bound, self._least(top))
        self.bound = max(self.bound, self._least(top))

    def _least(self, top: float) -> float:
        """The bound as far as it is of interest; where no program is left no mapping is better than `top`."""
        return min(top - EQUAL, self._heap[0][0]) if self._heap else top - EQUAL

    def promising(self, top: float, most: int) -> Iterator[tuple[Mapping, tuple[float, ...]]]:
        """Nests with factors near the least values of their programs, those of different templates, least first; some
        with more of them whole."""
        found: dict[Template, Node] = {}
        for bound, _, node in sorted(self._heap, key=lambda entry: entry[:2]):
            if len(found) < most and bound < top and node.point is not None:
                found.setdefault(node.template, node)
        for k, node in enumerate(found.values()):
            yield node.template.nest, node.factors
            if k < DIVES:
                yield node.template.nest, self._dive(node, top).factors

    # ---- programs -----------------------------------------------------------------------------------

    def _roots(self, found: list[Template]) -> Iterator[Node]:
        leak, steps = float(leakage(self.arch)), least_steps(self.arch, self.layer)
        for template in found:
            relaxed = Relaxed(self.arch, self.layer, template.nest, template.frame)
            for alone in relaxed.cases():
                self.tick()
                program = Assembly(
                    relaxed, alone, self.objective, self.range, leak, steps, self.space == "even"
                ).build()
                yield Node(template, Cuts(program), tuple((1, one.most) for one in program.wholes), CLOSE)

    def _templates(self) -> Iterator[Template]:
        layer = self.layer
        dims = live_dims(layer)
        op, _ = skeleton(layer)
        symmetries = renamings(layer, dims)
        for orders in hierarchies(self.arch, layer, self.space):
            for one in orders:
                whole = Uncut(one.tiers, one.canonical, one.rules, one.axes)
                for whole_nest in parts(whole):
                    for template in distinct(op, dims, whole, whole_nest, symmetries):
                        self.tick()
                        yield template

    def _solve(self, node: Node) -> Bounded:
        """The node with its bound."""
        self.tick()
        box = node.box()
        if box is None:
            return None
        found = node.cuts.solve(*box, node.close)
        self.work += found.work
        return found.bound, replace(node, point=found.point, tight=found.tight)

    def _push(self, above: float, found: Bounded, top: float) -> None:
        """Keeps a part with its bound, at least that of what it is a part of, if that is less than `top`."""
        if found is not None and max(above, found[0]) < top - EQUAL:
            heapq.heappush(self._heap, (max(above, found[0]), next(self._numbers), found[1]))

    def _part(self, node: Node, place: int, limits: Limits) -> Bounded:
        found = part(node, place, limits, self.layer.bound)
        return None if found is None else self._solve(found)

    # ---- splitting ----------------------------------------------------------------------------------

    def _split(self, bound: float, node: Node, top: float) -> list[Bounded] | None:
        """The parts below and above some number of which none is in between; None: all are whole.

        The one is taken that promises to raise both bounds most: by what was gained where it was split before, or by
        trying, the farthest from whole first.
        """
        best: tuple[float, Candidate, list[Bounded] | None] | None = None
        tried = 0
        for one in sorted(candidates(node), key=lambda c: -c.distance):
            known = self._gains.setdefault((id(node.cuts), one.place), Gains())
            found = None
            if known.times >= RELIABLE:
                gains = [known.down * one.down, known.up * one.up]
            elif tried < TRIED:
                tried += 1
                found = [self._part(node, one.place, limits) for limits in sides(node, one)]
                gains = [max(0.0, min(top, GONE if p is None else p[0]) - bound) for p in found]
                known.add(gains[0] / one.down, gains[1] / one.up)
            else:
                continue
            score = max(gains[0], SMALL) * max(gains[1], SMALL)
            if best is None or score > best[0]:
                best = score, one, found
        if best is None:
            return None
        _, one, found = best
        return found or [self._part(node, one.place, limits) for limits in sides(node, one)]

    def _dive(self, node: Node, top: float) -> Node:
        """Makes one number after the other whole, the nearest first, where that leaves something better than `top`."""
        for _ in range(DEEPEST):
            near = min(candidates(node), key=lambda c: c.distance, default=None)
            if near is None:
                break
            below, above = sides(node, near)
            for limits in (below, above) if near.down < near.up else (above, below):
                found = self._part(node, near.place, limits)
                if found is not None and found[0] < top and found[1].point is not None:
                    node = found[1]
                    break
            else:
                break
        return node
