"""Which rules of a dataflow a complete mapping breaks, with the arithmetic: what the solver's answers are held against.

Written from the definition in `dataflow.py`, on the mapping itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import groupby

from ..spec.arch import Arch
from ..spec.op import Layer
from ..spec.values import show_fraction
from ..text.diagnostics import Diagnostic, Label
from ..text.source import Span
from .arranging import arranged
from .canonical import Stretch, stretches
from .dataflow import Dataflow, FactorRule, PlaceRule, Requirement
from .evaluation import Evaluation
from .filling import utilization
from .nest import Loop, Mapping
from .pinned import same_nest
from .placing import placed


def violations(
    dataflow: Dataflow,
    arch: Arch,
    layer: Layer,
    mapping: Mapping,
    evaluation: Evaluation | None = None,
    *,
    even: bool = False,
) -> tuple[Diagnostic, ...]:
    """Every rule that a legal `mapping` breaks, empty if it obeys.

    E530 slots and axes, E531 nodes that are kept or bypassed, E532 requirements; those on latency, energy and EDP are
    looked at if the `evaluation` is given. `even`: only the arrangement in which the nodes of a level stand together
    and levels in their order counts, as in the even mapspace.
    """
    found = (*_nodes(dataflow, mapping), *_axes(dataflow, mapping), *_slots(dataflow, arch, layer, mapping, even))
    if not found and dataflow.complete is not None and not same_nest(arch, layer, dataflow.complete, mapping):
        found = (_broken(dataflow.span, "the axes of an array stand in another order", "another order"),)
    return (*found, *broken_requirements(dataflow.requirements, arch, layer, mapping, evaluation))


def _broken(span: Span | None, message: str, text: str, *notes: str, code: str = "E530") -> Diagnostic:
    return Diagnostic(code, message, Label(span, text) if span else None, notes=notes)


# ---- nodes -----------------------------------------------------------------------------------------


def _nodes(dataflow: Dataflow, mapping: Mapping) -> Iterator[Diagnostic]:
    there = {node for node, _ in mapping.placed}
    for node in sorted(dataflow.kept - there, key=placed):
        yield _broken(dataflow.span, f"`{placed(node)}` is bypassed", f"keeps `{placed(node)}`", code="E531")
    for node in sorted(dataflow.bypassed & there, key=placed):
        yield _broken(dataflow.span, f"`{placed(node)}` is kept", f"bypasses `{placed(node)}`", code="E531")


# ---- slots -----------------------------------------------------------------------------------------


def _axes(dataflow: Dataflow, mapping: Mapping) -> Iterator[Diagnostic]:
    for rule in dataflow.places:
        if rule.axis is not None:
            loops = [loop for loop in mapping.loops if (loop.array, loop.axis) == rule.axis]
            yield from _misfits(rule, loops, f"along `{rule.name}`")


def _slots(dataflow: Dataflow, arch: Arch, layer: Layer, mapping: Mapping, even: bool) -> Iterator[Diagnostic]:
    cut = _by_level(arch, layer, mapping) if even else list(stretches(arch, layer, mapping))
    found = arranged(dataflow, arch, [s.nodes for s in cut])
    for rule in found.disordered:
        yield _broken(rule.span, f"`{rule.name}` has a node outside the slots that stand before it", "comes later")
    for rule in found.empty:
        if not rule.may_be_empty:
            yield from _misfits(rule, (), f"directly below `{rule.name}`, where no loop stands")
    for index, rule in sorted(found.closed.items()):
        loops = _temporal(cut[index])
        if loops:
            message = f"the tiles of `{rule.name}` do not stand together"
            yield _broken(rule.span, message, "together", f"between them: {_shown(loops)}")
    for fitting, stretch in zip(found.below, cut, strict=True):
        if fitting is not None:
            yield from _misfits(fitting, _temporal(stretch), f"below `{fitting.name}`")


def _by_level(arch: Arch, layer: Layer, mapping: Mapping) -> list[Stretch]:
    """The nest with a cut below every level that holds something: loops belong to the level that is above them."""
    found: list[Stretch] = []
    for stretch in stretches(arch, layer, mapping):
        held = [tuple(nodes) for _, nodes in groupby(stretch.nodes, key=lambda node: arch.depth[node.memory])]
        found += [Stretch(nodes, ()) for nodes in held[:-1]]
        found.append(Stretch(held[-1] if held else (), stretch.loops))
    return found


def _temporal(stretch: Stretch) -> list[Loop]:
    return [loop for loop in stretch.loops if not loop.spatial]


def _misfits(rule: PlaceRule, loops: Sequence[Loop], where: str) -> Iterator[Diagnostic]:
    """How the loops of a slot break its rule."""
    factors = {loop.dim: loop.factor for loop in loops if loop.factor > 1}
    notes = (f"the loops there: {_shown(loops)}",) if factors else ()
    for asked in rule.factors:
        factor = factors.get(asked.dim, 1)
        if not asked.admits(factor):
            message = f"`{asked.dim}` has a factor of {factor} {where}"
            yield _broken(asked.span or rule.span, message, f"{_asked(asked)}, not {factor}", *notes)
    others = [dim for dim in factors if not rule.open and dim not in rule.factor]
    for dim in others:
        yield _broken(rule.span, f"`{dim}` has a factor of {factors[dim]} {where}", f"has no `{dim}`", *notes)
    if not others and not rule.ordered(list(factors)):
        yield _broken(rule.span, f"the loops {where} stand in another order", "prescribes the order", *notes)


def _asked(rule: FactorRule) -> str:
    if rule.exact is not None:
        return f"{rule.exact}"
    return f"at least {rule.least}" if rule.most is None else f"{rule.least} to {rule.most}"


def _shown(loops: Sequence[Loop]) -> str:
    return f"[{', '.join(f'{loop.dim} = {loop.factor}' for loop in loops if loop.factor > 1)}]"


# ---- requirements ----------------------------------------------------------------------------------


def broken_requirements(
    requirements: Sequence[Requirement],
    arch: Arch,
    layer: Layer,
    mapping: Mapping,
    evaluation: Evaluation | None,
) -> Iterator[Diagnostic]:
    """E532 for every requirement that a mapping does not meet; without `evaluation` those on costs are left out."""
    for rule in requirements:
        value = _measured(rule, arch, layer, mapping, evaluation)
        if value is None:
            continue
        if rule.most is not None and value > rule.most:
            yield _missed(rule, arch, value, f"at most {_quantity(rule, arch, rule.most)}")
        elif rule.least is not None and value < rule.least:
            yield _missed(rule, arch, value, f"at least {_quantity(rule, arch, rule.least)}")


def _measured(
    rule: Requirement, arch: Arch, layer: Layer, mapping: Mapping, evaluation: Evaluation | None
) -> Fraction | None:
    """The metric in the units of `Requirement`; None if it is not known."""
    if rule.kind == "utilization":
        return utilization(arch, layer, mapping, rule.array)
    if evaluation is None:
        return None
    energy, cycles = evaluation.cost.energy, evaluation.cost.cycles
    return {"latency": cycles, "energy": energy, "edp": energy * cycles}[rule.kind]


def _missed(rule: Requirement, arch: Arch, value: Fraction, asked: str) -> Diagnostic:
    what = f"utilization({rule.array})" if rule.array else rule.kind
    notes = (rule.message,) if rule.message else ()
    return _broken(rule.span, f"{what} is {_quantity(rule, arch, value)}", f"{asked} is required", *notes, code="E532")


def _quantity(rule: Requirement, arch: Arch, value: Fraction) -> str:
    """A value of a requirement with its unit, times also in seconds."""
    match rule.kind:
        case "energy":
            return f"{show_fraction(value)} pJ"
        case "latency":
            seconds = "" if arch.clock is None else f" ({show_fraction(value / arch.clock * 1000)} ms)"
            return f"{show_fraction(value)} cycles{seconds}"
        case "edp":
            return f"{show_fraction(value)} pJ * cycles"
    return show_fraction(value)
