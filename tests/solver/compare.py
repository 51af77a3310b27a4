"""The solver's answer beside the best of a full enumeration."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Mapping
from npudsl.model.evaluate import evaluate
from npudsl.solver import Options, solve
from npudsl.solver.clock import Clock
from npudsl.solver.layer import LayerSearch
from npudsl.solver.solution import LayerSolution
from npudsl.solver.spared import spared
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from npudsl.text.diagnostics import Diagnostic, SpecError

from ..oracle.cost import energy, leakage
from ..oracle.cycles import Fares, latency
from ..oracle.enumerate import OBJECTIVES, Result, rank
from ..oracle.literal import tally
from ..oracle.traffic import Number
from ..strategies import Space

#: the solver declines, it does not answer wrongly: too many orders, or none found though there may be one
TOO_MANY_ORDERS, NONE_FOUND = "E604", "E608"
#: Small enough to enumerate, with bounds that split in many ways, finite memories, caps, widths and double buffers.
PROBLEMS = Space(max_points=60, bounds=(4, 2, 6, 8, 3, 12, 1, 9, 5), sized=True)
#: Still smaller: all positions of all nodes.
UNEVEN_PROBLEMS = replace(PROBLEMS, max_points=24, max_dims=3, max_levels=3)


def complaints(
    arch: Arch,
    layer: Layer,
    found: Result,
    space: str = "even",
    dataflow: Dataflow | None = None,
    *,
    cold: bool = False,
) -> list[str]:
    """What is wrong with the answers of the solver for every objective (empty: nothing).

    The mapping's cost is taken from a literal walk, not from what the solver says about it. `found`: what enumeration
    found, under `dataflow` if there is one. `cold`: of a search that starts without any mapping.
    """
    asked = () if dataflow is None else ((layer.name, dataflow),)
    return [
        text for o in OBJECTIVES for text in _complaints(arch, layer, found, Options(o, space, dataflows=asked), cold)
    ]


def cold_answer(arch: Arch, layer: Layer, options: Options) -> LayerSolution:
    """The answer of a search that has nothing to begin with and searches every batch of templates as a whole."""
    try:
        search = LayerSearch(arch, layer, options, Clock(), lambda value, bound: None)
        for entry in search._entries(options.space):
            entry.search.finish(entry.batch, entry.top)
    except SpecError as error:
        return LayerSolution(layer, None, None, None, 0.0, error.diagnostics[0])
    search.incumbent.settle()
    search.bound, search.finished = search.incumbent.bound, True
    found = search.answer()
    if found is None:
        return LayerSolution(layer, None, None, None, 0.0, Diagnostic("E603", "no mapping"))
    return LayerSolution(layer, *found, 0.0)


def _complaints(arch: Arch, layer: Layer, found: Result, options: Options, cold: bool) -> Iterator[str]:
    answer = cold_answer(arch, layer, options) if cold else solve(arch, "net", [layer], options).layers[0]
    yield from wrong_answer(arch, layer, found, options, answer)


def wrong_answer(arch: Arch, layer: Layer, found: Result, options: Options, answer: LayerSolution) -> Iterator[str]:
    """What is wrong with an answer; `found`: what enumeration found."""
    objective = options.objective
    if answer.failure and answer.failure.code == TOO_MANY_ORDERS:
        return
    if answer.failure and answer.failure.code == NONE_FOUND and "was found" in answer.failure.message:
        if not _open(arch, options):
            yield f"{objective}: {answer.failure}"
        return
    best = found.best.get(objective)
    if best is None:
        if answer.mapping is not None or answer.failure is None:
            yield f"{objective}: a mapping where none is legal"
    elif answer.mapping is None:
        yield f"{objective}: no mapping ({answer.failure}); {best.mapping}"
    else:
        for text in _wrong(arch, layer, found, options, answer):
            yield f"{objective}: {text}"


def _wrong(arch: Arch, layer: Layer, found: Result, options: Options, answer: LayerSolution) -> Iterator[str]:
    """What is wrong with an answer where there is one."""
    assert answer.mapping and answer.certificate and answer.evaluation
    objective, certificate, cost = options.objective, answer.certificate, answer.evaluation.cost
    counted, cycles = tally(arch, layer, answer.mapping), latency(arch, layer, answer.mapping)
    moved, power = energy(arch, layer, counted), leakage(arch)
    walked = moved + power * cost.cycles
    if check_mapping(arch, layer, answer.mapping):
        yield "not legal"
    if cost.energy != walked or answer.evaluation.tally != counted:
        yield f"reported {cost.energy} pJ, walked {walked} pJ"
    if cycles > cost.cycles or (cost.at_least is not None and cycles > cost.at_least):
        yield f"{cycles} cycles at least, {cost.cycles} reported, and at least {cost.at_least}"
    told = rank(objective, walked, counted.steps, cycles if _open(arch, options) else cost.cycles)
    if not _close(certificate.value, told[0]):
        yield f"certificate {certificate}, walked {told}"
    best = found.least_reported(objective, lambda mapping: _reported(arch, layer, objective, mapping))
    if certificate.lower_bound > float(best) * (1 + 1e-9):
        yield f"{certificate} above {best}, {found.best[objective].mapping}"
    if _open(arch, options) or not spared(arch, layer).nothing:
        return
    if certificate.optimal and not _close(float(told[0]), best):
        yield f"{told} against {best}, {found.best[objective].mapping}"
    if not certificate.proven:
        yield f"not proven: {certificate}, {best}"
    timed = objective != "energy" or power > 0
    if not timed and (not certificate.optimal or told != found.best[objective].rank(objective)):
        yield f"{certificate} {told} against {found.best[objective].rank(objective)}, {found.best[objective].mapping}"
    if not Fares(arch).resources and not certificate.optimal:
        yield f"{certificate}, though nothing takes time but steps"


def _reported(arch: Arch, layer: Layer, objective: str, mapping: Mapping) -> Number:
    cost = evaluate(arch, layer, mapping).cost
    return rank(objective, cost.energy, 0, cost.cycles)[0]


def _open(arch: Arch, options: Options) -> bool:
    """Whether the best may honestly not be found: limits on costs go by the cycles of the closed form, the search by
    less."""
    limited = any(r.kind in ("latency", "edp", "energy") for _, flow in options.dataflows for r in flow.requirements)
    return limited and bool(Fares(arch).resources)


def _close(reported: float, exact: Number) -> bool:
    return abs(reported - float(exact)) <= 1e-9 * float(exact)
