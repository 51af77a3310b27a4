"""The uneven mapspace: the prototype's optima on architecture (b)."""

from __future__ import annotations

import pytest

from npudsl.solver import Options, solve
from npudsl.spec.loader import load

from .test_prototype import ROOT, UNEVEN


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
