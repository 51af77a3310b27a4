"""The uneven mapspace: solver = full enumeration on small problems, and the prototype's optima on architecture (b)."""

from __future__ import annotations

import pytest

from npudsl.solver import Options, solve
from npudsl.spec.loader import load

from ..oracle.enumerate import TooLargeError, enumerate_mappings
from ..strategies import EVEN_PERFECT, random_case
from .compare import complaints
from .test_prototype import ROOT, UNEVEN

#: Partial mappings that an enumeration may look at, here and in the long run.
SHORT, LONG = 1_500, 30_000


def _compare(seed: int, limit: int) -> None:
    case = random_case(seed, EVEN_PERFECT)
    if len(case.arch.levels) * len(case.layer.op.tensors) > 9:
        pytest.skip("too many orders of nodes")
    try:
        found = enumerate_mappings(case.arch, case.layer, uneven=True, limit=limit)
    except TooLargeError:
        pytest.skip("too many mappings to enumerate")
    assert complaints(case.arch, case.layer, found, "uneven") == []


@pytest.mark.parametrize("seed", range(40))
def test_solver_is_enumeration(seed: int) -> None:
    _compare(seed, SHORT)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(1000, 1600))
def test_solver_is_enumeration_on_more(seed: int) -> None:
    _compare(seed, LONG)


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=() if n in ("fc7", "fc8") else pytest.mark.long) for n in UNEVEN]
)
def test_the_prototypes_optimum_is_found(name: str) -> None:
    """Its optimum counts every read of a partial sum; ours, counted so, is no better and is never worse by our own
    count."""
    arch = load(str(ROOT / "specs" / "study_b.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == name)
    answers = {
        space: solve(arch, "alexnet", [layer], Options(objective="energy", space=space)).layers[0]
        for space in ("even", "uneven")
    }
    found = {space: one.evaluation for space, one in answers.items() if one.evaluation is not None}
    assert all(one.certificate is not None and one.certificate.optimal for one in answers.values())
    assert found["uneven"].cost.energy <= found["even"].cost.energy
    tally = found["uneven"].tally
    returned = tally.counts["psum"]["output"].write - layer.macs
    from_zero = tally.links["noc"]["output"] - 2 * returned
    energy = (float(found["uneven"].cost.energy) + from_zero) / layer.macs
    assert energy >= UNEVEN[name] - 0.00005
