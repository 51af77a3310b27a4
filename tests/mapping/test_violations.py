"""Which mappings obey a dataflow: against a literal reading of the definition, over random blocks and mappings."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import groupby
from random import Random

from npudsl.mapping.arranging import slot_rules
from npudsl.mapping.dataflow import Dataflow
from npudsl.mapping.legality import check_mapping
from npudsl.mapping.nest import Loop, Mapping, Node
from npudsl.mapping.pinned import optional_nodes
from npudsl.mapping.resolve_dataflow import resolve_dataflow
from npudsl.mapping.text import to_text
from npudsl.mapping.violations import violations
from npudsl.spec.arch import Arch
from npudsl.spec.op import Layer
from npudsl.syntax.formatter import format_text
from npudsl.text.diagnostics import SpecError
from npudsl.text.source import Source
from tests.generate.choices import Seeded
from tests.generate.dataflows import dataflow_text
from tests.strategies import Case, Space, random_case

from .literal_dataflow import admitted, orders_of
from .machines import declared

SMALL = Space(max_levels=3, max_dims=3, max_operands=2, max_points=60, excess=False)
#: Cases that were once judged wrongly.
ONCE_WRONG = (5529,)


def block(case: Case, seed: int, *, faithful: bool) -> Dataflow | None:
    """The dataflow of a random block; None if its slots contradict the machine (only where it is not faithful)."""
    text = dataflow_text(Seeded(Random(seed)), case.arch, case.layer, case.mapping, faithful=faithful)
    try:
        return resolve_dataflow(declared(text), case.arch, case.layer)
    except SpecError:
        assert not faithful, text
        return None


def neighbours(arch: Arch, layer: Layer, mapping: Mapping, seed: int) -> list[Mapping]:
    """The mapping, and legal ones that differ in the place of one node or loop or in the places of two factors."""
    random, items = Random(seed), list(mapping.items)
    found = [mapping]
    for _ in range(8):
        changed = list(items)
        i = random.randrange(len(changed))
        if random.random() < 0.5:
            changed.insert(random.randrange(len(changed)), changed.pop(i))
        else:
            loops = [k for k, item in enumerate(changed) if isinstance(item, Loop)]
            if len(loops) > 1:
                pair = random.sample(loops, 2)
                one, other = (changed[k] for k in pair)
                assert isinstance(one, Loop) and isinstance(other, Loop)
                changed[pair[0]] = Loop(other.dim, other.factor, one.array, one.axis)
                changed[pair[1]] = Loop(one.dim, one.factor, other.array, other.axis)
        if not check_mapping(arch, layer, Mapping(tuple(changed))):
            found.append(Mapping(tuple(changed)))
    return found


def nodes(mapping: Mapping) -> set[Node]:
    return {node for node, _ in mapping.placed}


def longest_run(mapping: Mapping) -> int:
    """The most nodes with no loop between them: their orders are many."""
    kinds = groupby(mapping.simplified().items, key=lambda item: isinstance(item, Node))
    return max(len(list(run)) for nodes, run in kinds if nodes)


def test_against_the_literal_definition() -> None:
    seen: Counter[tuple[bool, bool]] = Counter()
    for seed in (*range(700), *ONCE_WRONG):
        case = random_case(seed, SMALL)
        dataflow = block(case, seed, faithful=seed % 2 == 0)
        if dataflow is None:
            continue
        tried = [*neighbours(case.arch, case.layer, case.mapping, seed), random_case(seed + 1, SMALL, seed).mapping]
        for mapping in tried:
            if dataflow.complete is not None or longest_run(mapping) > 6:
                continue
            for even in (False, True):
                expected = admitted(dataflow, case.arch, mapping, even=even)
                found = violations(dataflow, case.arch, case.layer, mapping, even=even)
                assert (found == ()) == expected, (seed, even, found)
                seen[even, expected] += 1
    assert min(seen.values()) > 300, seen


def test_a_mapping_obeys_what_is_left_of_it() -> None:
    for seed in range(300):
        case = random_case(seed, SMALL)
        dataflow = block(case, seed, faithful=True)
        assert dataflow is not None
        if dataflow.complete is not None and optional_nodes(case.arch, case.layer) & nodes(case.mapping):
            continue  # without holes, what is not kept is bypassed
        assert violations(dataflow, case.arch, case.layer, case.mapping) == (), seed


def commute(one: Node | Loop, other: Node | Loop) -> bool:
    """Whether two neighbours of a nest may change places without a change of meaning."""
    if isinstance(one, Node) and isinstance(other, Node):
        return one.tensor != other.tensor
    return isinstance(one, Loop) and isinstance(other, Loop) and one.spatial and other.spatial and one.dim != other.dim


def same(one: Mapping, other: Mapping) -> bool:
    """Whether nests differ in the order of commuting items only: those that do not commute keep their order, pair by
    pair (the projection lemma of traces)."""
    first, second = one.simplified().items, other.simplified().items
    letters = {*first, *second}
    return sorted(map(repr, first)) == sorted(map(repr, second)) and all(
        [i for i in first if i in (a, b)] == [i for i in second if i in (a, b)]
        for a in letters
        for b in letters
        if not commute(a, b)
    )


def test_a_complete_mapping_admits_itself_alone() -> None:
    seen: Counter[bool] = Counter()
    for seed in range(200):
        case = random_case(seed, SMALL)
        text = to_text(case.arch, case.layer, case.mapping, name="m", target="net.layer")
        dataflow = resolve_dataflow(declared(text), case.arch, case.layer)
        assert dataflow.complete is not None
        for mapping in neighbours(case.arch, case.layer, case.mapping, seed):
            found = violations(dataflow, case.arch, case.layer, mapping)
            assert (found == ()) == same(case.mapping, mapping), (seed, found)
            seen[found == ()] += 1
    assert min(seen.values()) > 200, seen


def test_holes_survive_formatting() -> None:
    for seed in range(100):
        case = random_case(seed, SMALL)
        text = dataflow_text(Seeded(Random(seed)), case.arch, case.layer, case.mapping)
        pretty = format_text(Source("test.npu", text))
        assert format_text(Source("test.npu", pretty)) == pretty
        before, after = (resolve_dataflow(declared(t), case.arch, case.layer) for t in (text, pretty))
        assert before == after


def obeys_arranged(dataflow: Dataflow, arch: Arch, items: tuple[Node | Loop, ...]) -> bool:
    """Whether the temporal slots of a nest, every node a tier of its own, fit what `slot_rules` says of them."""
    tiers: list[Node] = []
    slots: list[list[Loop]] = []
    for item in items:
        if isinstance(item, Node):
            tiers.append(item)
            slots.append([])
        elif not item.spatial:
            slots[-1].append(item)
    rules = slot_rules(dataflow, arch, [(node,) for node in tiers])
    return rules is not None and all(r is None or r.admits(loops) for r, loops in zip(rules, slots, strict=True))


def test_some_arrangement_of_single_nodes_fits_what_the_slots_ask() -> None:
    """What the uneven search relies on: it goes through these arrangements."""
    seen: Counter[bool] = Counter()
    for seed in (*range(250), *ONCE_WRONG):
        case = random_case(seed, SMALL)
        dataflow = block(case, seed, faithful=seed % 2 == 0)
        if dataflow is None or dataflow.complete is not None or longest_run(case.mapping) > 6:
            continue
        dataflow = replace(dataflow, places=dataflow.temporal, kept=frozenset(), bypassed=frozenset())
        for mapping in neighbours(case.arch, case.layer, case.mapping, seed)[:4]:
            if longest_run(mapping) > 6:
                continue
            orders = orders_of(case.arch, mapping.simplified().items, even=False)
            fitting = any(obeys_arranged(dataflow, case.arch, items) for items in orders)
            assert fitting == (violations(dataflow, case.arch, case.layer, mapping) == ()), seed
            seen[fitting] += 1
    assert min(seen.values()) > 60, seen
