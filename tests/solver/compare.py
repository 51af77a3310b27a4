"""The solver's answer beside the best of a full enumeration."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from npudsl.mapping.dataflow import Dataflow
from npudsl.solver import Options, solve
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer

from ..oracle.cost import energy
from ..oracle.enumerate import OBJECTIVES, Result, rank
from ..oracle.literal import tally
from ..strategies import Space

#: the solver declines, it does not answer wrongly
TOO_MANY_ORDERS = "E604"
#: Small enough to enumerate, with bounds that split in many ways, finite memories, caps, widths and double buffers.
PROBLEMS = Space(max_points=60, bounds=(4, 2, 6, 8, 3, 12, 1, 9, 5), sized=True)
#: Still smaller: all positions of all nodes.
UNEVEN_PROBLEMS = replace(PROBLEMS, max_points=24, max_dims=3, max_levels=3)


def complaints(
    arch: Arch, layer: Layer, found: Result, space: str = "even", dataflow: Dataflow | None = None
) -> list[str]:
    """What is wrong with the answers of the solver for every objective (empty: nothing).

    The mapping's cost is taken from a literal walk, not from what the solver says about it. `found`: what enumeration
    found, under `dataflow` if there is one.
    """
    asked = () if dataflow is None else ((layer.name, dataflow),)
    return [text for o in OBJECTIVES for text in _complaints(arch, layer, found, Options(o, space, dataflows=asked))]


def _complaints(arch: Arch, layer: Layer, found: Result, options: Options) -> list[str]:
    objective = options.objective
    answer = solve(arch, "net", [layer], options).layers[0]
    if answer.failure and answer.failure.code == TOO_MANY_ORDERS:
        return []
    best = found.best.get(objective)
    if best is None:
        return [] if answer.mapping is None and answer.failure else [f"{objective}: a mapping where none is legal"]
    if answer.mapping is None or answer.certificate is None or answer.evaluation is None:
        reason = answer.failure.message if answer.failure else "no reason"
        return [f"{objective}: no mapping ({reason}); {best.mapping}"]
    counted = tally(arch, layer, answer.mapping)
    cost = energy(arch, layer, counted)
    wrong = []
    if rank(objective, cost, counted.steps) != best.rank(objective):
        ours = rank(objective, cost, counted.steps)
        wrong.append(f"{objective}: {ours} against {best.rank(objective)}, {best.mapping}")
    if answer.evaluation.cost.energy != cost or answer.evaluation.tally != counted:
        wrong.append(f"{objective}: reported {answer.evaluation.cost.energy} pJ, walked {cost} pJ")
    if not answer.certificate.optimal or not _close(answer.certificate.value, best.value(objective)):
        wrong.append(f"{objective}: certificate {answer.certificate}")
    return wrong


def _close(reported: float, exact: Fraction | int) -> bool:
    return abs(reported - float(exact)) <= 1e-9 * float(exact)
