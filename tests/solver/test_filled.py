"""The mapping that is there before any search."""

from __future__ import annotations

from random import Random

import pytest

from npudsl.mapping.legality import check_mapping
from npudsl.solver import Options
from npudsl.solver.clock import Clock, OutOfTimeError
from npudsl.solver.feasible import no_room
from npudsl.solver.filled import filled
from npudsl.solver.layer import LayerSearch
from npudsl.spec.loader import load

from ..generate.choices import Seeded
from ..strategies import make_problem
from .compare import PROBLEMS
from .test_prototype import ROOT


@pytest.mark.parametrize("seed", range(60))
def test_it_is_legal_wherever_any_is(seed: int) -> None:
    arch, layer = make_problem(Seeded(Random(seed)), PROBLEMS)
    if no_room(arch, layer) is None:
        assert all(check_mapping(arch, layer, mapping) == () for mapping in filled(arch, layer))


def test_a_search_without_any_time_has_it() -> None:
    """It uses much of the array, and its gap is told."""
    arch = load(str(ROOT / "specs" / "study_a.npu")).arch()
    network = load(str(ROOT / "stdlib" / "nets" / "alexnet.npu")).network(settings={"batch": "4"})
    (layer,) = (one for one in network.layers if one.name == "conv3")
    search = LayerSearch(arch, layer, Options("edp"), Clock.lasting(0.0, Clock().stop), lambda value, bound: None)
    with pytest.raises(OutOfTimeError):
        search.run()
    answer = search.answer()
    assert answer is not None
    _, evaluation, certificate = answer
    assert layer.points / evaluation.tally.steps > 0.5 * 14 * 12
    assert 0 < certificate.gap < 10
