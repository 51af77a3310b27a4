"""Solving a network and executing every answer: what the command line and the Python interface both do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import perf_counter
from typing import TYPE_CHECKING

from ..report.answers import Answer, Answers, Verifying
from ..solver.solution import LayerSolution, Options
from ..spec.arch import Arch
from ..spec.network import Network
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, SpecError
from ..text.suggest import nearest

if TYPE_CHECKING:
    from ..verify import Verdict

Progress = Callable[[object], None]


def answer(
    arch: Arch,
    network: Network,
    options: Options,
    *,
    only: Iterable[str] | None = None,
    verify: bool = True,
    progress: Progress | None = None,
) -> Answers:
    """The best mapping of every multiply-accumulate layer, or of those in `only`; the others are listed as unmapped.

    `verify`: execute every answer at full size and compare. `progress` gets the solver's events and `Verifying`.
    An interruption (Ctrl-C) ends the work, not the answers that are there: `Answers.interrupted`.
    Raises `SpecError`: E201 for a layer in `only` that does not exist, E711 if nothing is left to map, E712 for a
    mapspace that the solver does not search yet.
    """
    _check_supported(options)
    tell = progress or (lambda event: None)
    chosen = _choose(network, only)
    layers = tuple(layer for layer in chosen if layer.op.is_mac)
    if not layers:
        raise SpecError(_nothing_to_map(network, chosen))
    started = perf_counter()
    solutions, interrupted = _solve(arch, network.name, layers, options, tell)
    answers = [Answer(solution) for solution in solutions]
    if verify:
        try:
            _execute(arch, answers, tell)
        except KeyboardInterrupt:
            interrupted = True
    unmapped = tuple(layer for layer in chosen if not layer.op.is_mac)
    seconds = perf_counter() - started
    return Answers(
        arch, network.name, options, tuple(answers), unmapped, seconds, interrupted,
        network.arguments, network.constants,
    )  # fmt: skip


def _check_supported(options: Options) -> None:
    if options.factors != "perfect":
        message = f"a mapspace with {options.factors} factors cannot be searched yet"
        raise SpecError(Diagnostic("E712", message, help="the mapspace with perfect factors can"))


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


def _solve(
    arch: Arch, net: str, layers: tuple[Layer, ...], options: Options, tell: Progress
) -> tuple[tuple[LayerSolution, ...], bool]:
    """The solver's layers, and whether it was interrupted (then those that were done by then)."""
    from ..solver import Event, LayerSolved, solve

    done: list[LayerSolution] = []

    def listen(event: Event) -> None:
        if isinstance(event, LayerSolved):
            done.append(event.solution)
        tell(event)

    try:
        return solve(arch, net, layers, options, progress=listen).layers, False
    except KeyboardInterrupt:
        return tuple(done), True


def _execute(arch: Arch, answers: list[Answer], tell: Progress) -> None:
    """Put a verdict into every answer in place, so that those that are there survive an interruption.

    Layers that are the same to the last constant and extent, under the same mapping, are executed once.
    """
    from ..verify import verify

    verdicts: dict[object, Verdict] = {}
    for index, answer in enumerate(answers):
        if not answer.solved:
            continue
        layer, mapping = answer.layer, answer.mapping
        key = (layer.op, layer.bounds, layer.extents, mapping.items)
        if key not in verdicts:
            tell(Verifying(layer.name, index, len(answers)))
            try:
                verdicts[key] = verify(arch, layer, mapping, answer.evaluation)
            except SpecError as error:  # too large to execute: told, and not called verified
                answers[index] = Answer(answer.solution, None, error.diagnostics)
                continue
        answers[index] = Answer(answer.solution, verdicts[key])
