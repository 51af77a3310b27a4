"""The moves of `npudsl/solver/canonical.py` raise no count, and lead any nest to one that templates cover.

On random machines, layers of up to 100,000 points and random nests; nothing is searched. Thousands of nests:
`-m long`, or `python -m tests.solver.uncovered`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from npudsl.mapping.nest import Loop, Node

from ..generate.choices import Seeded
from ..generate.mappings import mapping as make_mapping
from ..generate.space import PERFECT
from ..strategies import make_problem
from .covering import Covering, Items
from .moves import Moves
from .uncovered import Kind, spares

LARGE = replace(PERFECT, max_points=100_000, bounds=(4, 8, 6, 12, 16, 2, 24, 3, 9, 32, 36))


def nests(seeds: range) -> Iterator[tuple[Covering, Moves, Items]]:
    """Three nests of every problem."""
    for seed in seeds:
        choices = Seeded(Random(seed))
        arch, layer = make_problem(choices, LARGE)
        if not spares(arch, layer):
            covering, moves = Covering(arch, layer, "even"), Moves(arch, layer)
            for _ in range(3):
                yield covering, moves, make_mapping(choices, LARGE, arch, layer).simplified().items


def test_raising_a_node_changes_no_count() -> None:
    raised = 0
    for covering, moves, items in nests(range(120)):
        found = moves.raised(items)
        if found != items:
            raised += 1
            before, after = covering.costs(items), covering.costs(found)
            assert before.no_worse(after)
            assert after.no_worse(before)
    assert raised > 40


def sweeping(moves: Moves, items: Items, node: int) -> int | None:
    """Position of the innermost temporal loop that moves a node."""
    at = items[node]
    assert isinstance(at, Node)
    return next((k for k in reversed(range(node)) if _temporal(items[k]) and moves.moves(_loop(items[k]), at)), None)


def _temporal(item: Node | Loop) -> bool:
    return isinstance(item, Loop) and item.array is None


def _loop(item: Node | Loop) -> Loop:
    assert isinstance(item, Loop)
    return item


def plain(moves: Moves, dim: str) -> bool:
    return not any(dim in group and len(group) > 1 for t in moves.layer.op.tensors for group in t.groups)


def test_a_loop_goes_outwards_past_one_that_sweeps_nothing_it_trails_for() -> None:
    """A loop of a plain dim past the next loop outside (of another dim), unless a node that it does not move is swept
    by that one."""
    gone = 0
    for covering, moves, items in nests(range(200, 320)):
        costs = covering.costs(items)
        for at in range(1, len(items)):
            if not (_temporal(items[at]) and _temporal(items[at - 1])):
                continue
            loop = _loop(items[at])
            held_up = any(
                isinstance(node := items[k], Node)
                and not moves.moves(loop, node)
                and sweeping(moves, items, k) == at - 1
                for k in range(at + 1, len(items))
            )
            if plain(moves, loop.dim) and not held_up:
                gone += 1
                other = (*items[: at - 1], loop, items[at - 1], *items[at + 1 :])
                assert covering.costs(other).no_worse(costs), (at, items)
    assert gone > 100


def test_a_loop_goes_outwards_past_nodes_with_what_sweeps_them() -> None:
    """A loop of a plain dim directly below a node that it moves goes to directly outside of that node's sweeping loop,
    unless in between it would cease to trail, or would pass a node that it does not move."""
    gone, past_array = 0, 0
    for covering, moves, items in nests(range(400, 700)):
        costs = covering.costs(items)
        for at in range(1, len(items)):
            node = items[at - 1]
            if not (isinstance(node, Node) and _temporal(items[at]) and moves.moves(_loop(items[at]), node)):
                continue
            loop, to = _loop(items[at]), sweeping(moves, items, at - 1)
            if to is None or not plain(moves, loop.dim):
                continue
            passed = [k for k in range(to, at) if isinstance(items[k], Node)]
            held_up = any(
                isinstance(inner := items[k], Node)
                and not moves.moves(loop, inner)
                and (swept := sweeping(moves, items, k)) is not None
                and to <= swept < at
                for k in range(at + 1, len(items))
            )
            if held_up or any(not moves.moves(loop, n) for k in passed if isinstance(n := items[k], Node)):
                continue
            kept = [k for k in passed if (s := sweeping(moves, items, k)) is None or s < to]
            if kept:
                continue  # the loop would sweep what another one did further out
            gone += 1
            past_array += any(isinstance(i, Loop) and i.array is not None for i in items[to:at])
            other = (*items[:to], loop, *items[to:at], *items[at + 1 :])
            assert covering.costs(other).no_worse(costs), (at, to, items)
    assert gone > 60
    assert past_array > 5


@pytest.mark.parametrize(("space", "windows", "problems"), [("even", 55, 60), ("uneven", 55, 30), ("uneven", 90, 20)])
def test_templates_cover_every_nest(space: str, windows: int, problems: int) -> None:
    kind = Kind(space, windows, nests=3)
    found = [answer for seed in range(problems) for answer in kind.run(90_000 + seed)]
    assert len(found) > problems
    assert [one for one in found if not one[0]] == []


@pytest.mark.long
@pytest.mark.parametrize("block", range(10))
@pytest.mark.parametrize("windows", [10, 50, 95])
@pytest.mark.parametrize("space", ["even", "uneven"])
def test_templates_cover_many_nests(space: str, windows: int, block: int) -> None:
    found = [one for seed in range(100) for one in Kind(space, windows).run(100_000 + 100 * block + seed)]
    assert [one for one in found if not one[0]] == []
