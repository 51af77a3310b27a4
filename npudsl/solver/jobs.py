"""The layers of a network as jobs: each different problem once, looked up among the answers kept, else searched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic
from .events import Event, LayerImproved, LayerSolved, LayerStarted
from .executor import Context, Executor, Job, Work
from .solution import LayerSolution, Options
from .spread import Budget, Group, different, effort, kin, spared
from .store import Store


class NetworkSearch:
    """The searches of a network's layers. `answers` has what is known, in the order of the layers."""

    def __init__(
        self,
        arch: Arch,
        layers: Sequence[Layer],
        options: Options,
        tell: Callable[[Event], None],
        store: Store | None = None,
    ):
        self.arch, self.layers, self.options, self.tell, self.store = arch, layers, options, tell, store
        self.answers: list[LayerSolution | None] = [None] * len(layers)
        self.budget = Budget(None, 0)

    def submit(self, executor: Executor) -> None:
        """Makes a job of every different problem. The hardest come first if several are searched at a time, so that
        none is left alone at the end; with a time limit the easiest (see `Budget`); else they keep their order."""
        groups = different(self.layers, self.options)
        limit = self.options.time_limit
        self.budget = Budget(None if limit is None else monotonic() + limit, len(groups))
        sign = -1.0 if limit is not None else float(executor.width > 1)
        for group in groups:
            executor.submit(LayerJob(self, executor.width, group), sign * effort(group[0][1]))

    @property
    def finished(self) -> tuple[LayerSolution, ...]:
        """The answers that are there."""
        return tuple(answer for answer in self.answers if answer is not None)

    @property
    def missing(self) -> tuple[Layer, ...]:
        """The layers that were not reached."""
        return tuple(layer for layer, found in zip(self.layers, self.answers, strict=True) if found is None)


@dataclass
class LayerJob(Job):
    """The search for the first of some layers with one problem; the others get the same answer."""

    search: NetworkSearch
    width: int
    group: Group

    def __post_init__(self) -> None:
        if self.search.options.time_limit is None:  # else the order in which the layers come counts
            self.kin, self.spared = kin(self.group[0][1]), spared(self.group[0][1])

    def begin(self) -> tuple[Work, tuple[object, ...], float | None]:
        search, (index, layer) = self.search, self.group[0]
        search.tell(LayerStarted(layer.name, index, len(search.layers)))
        return solve_one, (search.arch, layer, search.options, search.store), search.budget.share(self.width)

    def told(self, event: object) -> None:
        index, layer = self.group[0]
        if isinstance(event, Improved):
            self.search.tell(LayerImproved(layer.name, index, len(self.search.layers), event.value, event.bound))

    def done(self, result: LayerSolution) -> None:
        search = self.search
        if search.store is not None:
            search.store.put(search.arch, search.options, result)
        first = self.group[0][1]
        for index, layer in self.group:
            answer = replace(result, layer=layer)
            if layer is not first:
                answer = replace(answer, seconds=0.0, same_as=first.name)
            search.answers[index] = answer
            search.tell(LayerSolved(layer.name, index, len(search.layers), answer))

    def lost(self, reason: str) -> None:
        layer = self.group[0][1]
        self.done(LayerSolution(layer, None, None, None, 0.0, _ended(layer, f"its process {reason}")))


@dataclass(frozen=True)
class Improved:
    """An event of one search."""

    value: float | None
    bound: float | None


def solve_one(context: Context, arch: Arch, layer: Layer, options: Options, store: Store | None) -> LayerSolution:
    """The work of a `LayerJob`: the answer that is kept if it can be believed, else that of the search."""
    found = None if store is None else store.get(arch, layer, options)
    if found is not None:
        return found
    from .layer import solve_layer  # with numpy, which who only hands out jobs does not need

    def report(value: float | None, bound: float | None) -> None:
        context.tell(Improved(value, bound))

    try:
        return solve_layer(arch, layer, options, context.clock(), report)
    except MemoryError:
        return LayerSolution(layer, None, None, None, 0.0, _ended(layer, "there is no memory left"))


def _ended(layer: Layer, why: str) -> Diagnostic:
    return Diagnostic(
        "E691",
        f"the search for a mapping of `{layer.name}` did not come to its end: {why}",
        notes=("the system kills processes when the machine runs out of memory",) if "killed" in why else (),
        help="fewer layers at a time need less memory: `--jobs 1`; `--space even` needs less as well",
    )
