"""Solving a network and executing every answer: what the command line and the Python interface both do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

from ..report.answers import Answer, Answers
from ..solver import Event, LayerSolved, NetworkSearch, Stop, Store, executor_for, why_even, widest_space, width_for
from ..solver.limits import check_orders
from ..solver.solution import Options
from ..spec.arch import Arch
from ..spec.network import Network
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from ..text.suggest import nearest
from .executing import Executions

Progress = Callable[[object], None]


def answer(
    arch: Arch,
    network: Network,
    options: Options,
    *,
    only: Iterable[str] | None = None,
    verify: bool = True,
    progress: Progress | None = None,
    store: Store | None = None,
    stop: Stop | None = None,
) -> Answers:
    """The best mapping of every multiply-accumulate layer, or of those in `only`; the others are listed as unmapped.

    `verify`: execute every answer at full size and compare. `progress` gets the solver's events, `Verifying` and
    `Verified`. `store` keeps proven answers from one run to the next. When `stop` is asked for, searches end with the
    best so far and nothing new is begun; Ctrl-C (KeyboardInterrupt) loses what is being searched as well, but what was
    answered by then is there: `Answers.interrupted`.
    Raises `SpecError`: E201 for a layer in `only` that does not exist, E711 if nothing is left to map.
    """
    chosen = _choose(network, only)
    layers = tuple(layer for layer in chosen if layer.op.is_mac)
    if not layers:
        raise SpecError(_nothing_to_map(network, chosen))
    started = perf_counter()
    run = Run(arch, layers, options, verify, progress or (lambda event: None), store, stop or Stop())
    interrupted = run.work()
    unmapped = tuple(layer for layer in chosen if not layer.op.is_mac)
    return Answers(
        arch, network.name, options, run.answers, unmapped, perf_counter() - started, interrupted,
        network.arguments, network.constants, run.search.missing,
    )  # fmt: skip


def widest(
    arch: Arch, network: Network, objective: str, only: Iterable[str] | None = None, *, listed: bool = False
) -> str:
    """The largest mapspace in which every layer that is mapped is searched without being asked; `listed`: under a
    dataflow, or for a certificate. Raises `SpecError`: E201 for a layer in `only` that does not exist."""
    return widest_space(arch, _mapped(network, only), objective, listed=listed)


def why_not_wider(
    arch: Arch, network: Network, objective: str, only: Iterable[str] | None = None, *, listed: bool = False
) -> str:
    """Where `widest` is `even`: why. It completes `only even mappings are searched: `."""
    return why_even(arch, _mapped(network, only), objective, listed=listed)


def check_listed(arch: Arch, network: Network, only: Iterable[str] | None = None) -> None:
    """Raises `SpecError` (E604) for a layer whose uneven mapspace has more orders of nodes than a certificate lists."""
    for layer in _mapped(network, only):
        check_orders(arch, layer, listed=True)


def _mapped(network: Network, only: Iterable[str] | None) -> list[Layer]:
    return [layer for layer in _choose(network, only) if layer.op.is_mac]


class Run:
    """The searches for some layers, and the executions of what they find as soon as there is time for them."""

    def __init__(
        self,
        arch: Arch,
        layers: tuple[Layer, ...],
        options: Options,
        verify: bool,
        tell: Progress,
        store: Store | None,
        stop: Stop,
    ):
        self.stop, self.store, self.tell = stop, store, tell
        self.executor = executor_for(width_for(arch, layers, options, store, executed=verify), stop)
        self.executions = Executions(arch, self.executor, len(layers), tell) if verify else None
        self.search = NetworkSearch(arch, layers, options, self._hear, store)

    def work(self) -> bool:
        """Does everything; whether it was interrupted."""
        with self.executor:
            try:
                self.search.submit(self.executor)
                self.executor.run()
            except KeyboardInterrupt:
                return True
        if self.store is not None:
            self.store.tidy()
        return self.stop.asked

    def _hear(self, event: Event) -> None:
        self.tell(event)
        if self.executions is not None and isinstance(event, LayerSolved):
            self.executions.add(event.index, event.solution)

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What is known, in the order of the layers."""
        found = self.search.finished
        return tuple(Answer(s) if self.executions is None else self.executions.answer(s) for s in found)


def _choose(network: Network, only: Iterable[str] | None) -> tuple[Layer, ...]:
    if only is None:
        return network.layers
    wanted = tuple(only)
    names = [layer.name for layer in network.layers]
    unknown = [name for name in wanted if name not in names]
    if unknown:
        raise SpecError(_no_layer(network.name, name, names) for name in unknown)
    return tuple(layer for layer in network.layers if layer.name in wanted)


def _no_layer(net: str, name: str, names: Sequence[str]) -> Diagnostic:
    near = nearest(name, names)
    return Diagnostic(
        "E201",
        f"network `{net}` has no layer `{name[:80]}`",
        notes=() if near else (f"layers: {', '.join(names)}",),
        help=f"did you mean `{near}`?" if near else None,
    )


def _nothing_to_map(network: Network, chosen: Sequence[Layer]) -> Diagnostic:
    ops = ", ".join(dict.fromkeys(layer.op.name for layer in chosen))
    return Diagnostic(
        "E711",
        f"no layer of `{network.name}` is a multiply-accumulate nest",
        notes=(f"its operators: {ops}",) if ops else (),
        help="the solver maps layers of the form `output[...] += a[...] * b[...]`",
    )
