"""The generators make legal cases, and cover what they promise."""

from __future__ import annotations

from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Node

from ..strategies import EVEN, EVERYTHING, PERFECT, Case, random_case
from .choices import Replayed
from .shrink import shrink


def test_cases_are_legal() -> None:
    for seed in range(1500):
        case = random_case(seed)
        assert check_mapping(case.arch, case.layer, case.mapping) == (), seed


def test_cases_are_reproducible() -> None:
    assert [random_case(seed) for seed in range(20)] == [random_case(seed) for seed in range(20)]


def test_coverage() -> None:
    """What the issues name occurs often enough among a thousand cases."""
    cases = [random_case(seed, EVERYTHING) for seed in range(1000)]
    tensors = [t for c in cases for t in c.layer.op.tensors]
    ranks = [r for t in tensors for r in t.ranks]
    seen = {
        "levels": {len(c.arch.levels) for c in cases} == {1, 2, 3, 4},
        "arrays": {len(c.arch.arrays) for c in cases} == {0, 1, 2},
        "axes": {len(a.axes) for c in cases for a in c.arch.arrays} == {0, 1, 2},
        "split levels": sum(any(len(x.memories) > 1 for x in c.arch.levels) for c in cases) > 200,
        "windows": sum(len(r.terms) == 2 for r in ranks) > 300,
        "three dims in a rank": sum(len(r.terms) == 3 for r in ranks) > 30,
        "strides": sum(any(x.coefficient > 1 for x in r.terms) for r in ranks) > 100,
        "affine outputs": sum(t.is_output and any(len(r.terms) > 1 for r in t.ranks) for t in tensors) > 20,
        "imperfect": sum(map(_imperfect, cases)) > 200,
        "unrolled": sum(any(x.spatial and x.factor > 1 for x in c.mapping.loops) for c in cases) > 300,
        "uneven": sum(map(_uneven, cases)) > 100,
    }
    assert all(seen.values()), seen


def test_flags_are_kept() -> None:
    assert not any(_imperfect(random_case(seed, PERFECT)) for seed in range(300))
    assert not any(_uneven(random_case(seed, EVEN)) for seed in range(300))


def test_shrinking_finds_a_small_failure() -> None:
    def fails(offsets: tuple[int, ...]) -> bool:
        choices = Replayed(offsets)
        return sum(choices.integer(0, 9) for _ in range(6)) >= 5

    small = shrink((3, 1, 4, 1, 5, 9), fails)
    assert fails(small) and sum(small) == 5


def _imperfect(case: Case) -> bool:
    return any(case.mapping.extent(dim, 0) != bound for dim, bound in case.layer.bounds)


def _uneven(case: Case) -> bool:
    """Whether loops of a factor above 1 stand between nodes of one level."""
    items = case.mapping.simplified().items
    level = {m.name: x.name for x in case.arch.levels for m in x.memories}
    for name in set(level.values()):
        at = [i for i, item in enumerate(items) if isinstance(item, Node) and level[item.memory] == name]
        if at and any(not isinstance(item, Node) for item in items[at[0] : at[-1]]):
            return True
    return False
