"""Rules of a dataflow that contradict the machine, the layer or each other, whatever the mapping."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, groupby, product
from math import isqrt, prod

from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.diagnostics import Diagnostic, Label
from ..text.source import Span
from .arranging import slot_rules
from .contradictions import contradictions
from .dataflow import Dataflow, FactorRule, PlaceRule
from .nest import Node
from .pinned import optional_nodes
from .placing import placed

#: Optional nodes whose choices are tried, all of them.
MOST_OPTIONAL = 8
#: Bounds whose divisors are looked for, one by one.
MOST_DIVIDED = 10**12


def check_dataflow(
    dataflow: Dataflow, arch: Arch, layer: Layer, layer_span: Span | None = None
) -> tuple[Diagnostic, ...]:
    """Every reason why no mapping of the layer can obey, as far as single rules and pairs of them show it.

    E502 a dim that the factors cannot cover, E506 a tensor that bypasses every memory, E507 slots against the order of
    the machine, E508 an axis that is too short, E521 a dim that is whole in one place and divided in another,
    E525 requirements that contradict each other.
    """
    return (
        *check_places(dataflow, arch),
        *_divided(dataflow, layer),
        *_uncovered(dataflow, arch, layer, layer_span),
        *_bypassed(dataflow, arch, layer),
    )


def check_places(dataflow: Dataflow, arch: Arch) -> tuple[Diagnostic, ...]:
    """What of `check_dataflow` does not depend on the bounds of the layer: E507, E508 and E525."""
    return (*_order(dataflow, arch), *_axes(dataflow, arch), *contradictions(dataflow))


def uneven_only(dataflow: Dataflow, arch: Arch, layer: Layer) -> tuple[Diagnostic, ...]:
    """E524: no even mapping obeys, because slots of one level stand apart."""
    optional = sorted(optional_nodes(arch, layer) - dataflow.kept - dataflow.bypassed, key=placed)
    if len(optional) > MOST_OPTIONAL:
        return ()
    for left_out in product((False, True), repeat=len(optional)):
        absent = dataflow.bypassed | {node for node, out in zip(optional, left_out, strict=True) if out}
        there = [node for node in _nodes(arch, layer) if node not in absent]
        levels = [list(group) for _, group in groupby(there, key=lambda node: arch.depth[node.memory])]
        if slot_rules(dataflow, arch, levels) is not None:
            return ()
    label = Label(dataflow.span, "places tiles of one level apart") if dataflow.span else None
    message = f"only uneven mappings of `{layer.name}` obey `{dataflow.name}`"
    return (Diagnostic("E524", message, label, help="ask for `--space uneven`, the default"),)


def undividable(dataflow: Dataflow, layer: Layer) -> tuple[Diagnostic, ...]:
    """E522: factors that no mapping with perfect factors has, because they do not divide the bound."""
    found: list[Diagnostic] = []
    for dim, bound in layer.bounds:
        fixed = 1
        for rule in _of(dataflow, dim):
            if not _divisor(bound, rule):
                asked = f"{rule.exact} does not divide" if rule.exact else f"no factor of {_range(rule)} divides"
                found.append(_undivided(dataflow, rule, layer, f"{asked} {bound}"))
            elif rule.exact is not None and bound % (fixed := fixed * rule.exact):
                text = f"together {fixed}, which does not divide {bound}"
                found.append(_undivided(dataflow, rule, layer, text))
                break
    return tuple(found)


def _undivided(dataflow: Dataflow, rule: FactorRule, layer: Layer, text: str) -> Diagnostic:
    dim, span = rule.dim, rule.span or dataflow.span
    message = f"`{layer.name}` has no mapping with perfect factors like this: {dim} = {layer.bound[dim]}"
    help_ = "choose divisors, or ask for `--factors imperfect`"
    return Diagnostic("E522", message, Label(span, text) if span else None, help=help_)


def _divisor(bound: int, rule: FactorRule) -> bool:
    """Whether some divisor of the bound obeys a rule (yes, where the bound is too large to find out)."""
    if rule.admits(1) or rule.admits(bound) or bound > MOST_DIVIDED:
        return True
    below = (f for f in range(2, isqrt(bound) + 1) if bound % f == 0)
    return any(rule.admits(f) or rule.admits(bound // f) for f in below)


def _range(rule: FactorRule) -> str:
    return f"at least {rule.least}" + ("" if rule.most is None else f" and at most {rule.most}")


def _of(dataflow: Dataflow, dim: str) -> list[FactorRule]:
    return [place.factor[dim] for place in dataflow.places if dim in place.factor]


def _at(rule: PlaceRule, text: str) -> Label | None:
    return Label(rule.span, text) if rule.span else None


# ---- order -----------------------------------------------------------------------------------------


def _order(dataflow: Dataflow, arch: Arch) -> Iterator[Diagnostic]:
    """Of two slots the first in the text stands outside."""
    for outer, inner in combinations(dataflow.places, 2):
        reason = _contradiction(outer, inner, arch)
        if reason:
            above = (Label(outer.span, "written before it"),) if outer.span else ()
            yield Diagnostic("E507", f"`{inner.name}` cannot stand inside `{outer.name}`", _at(inner, reason), above)


def _contradiction(outer: PlaceRule, inner: PlaceRule, arch: Arch) -> str:
    """Why `inner` must stand outside `outer`; empty if it need not."""
    order = {memory.name: i for i, memory in enumerate(arch.memories)}
    for below in sorted(inner.nodes or (), key=placed):
        for above in sorted(outer.nodes or (), key=placed):
            if above.tensor == below.tensor and order[below.memory] < order[above.memory]:
                return f"`{below.memory}` comes first on the way of `{below.tensor}`"
    for below_at, what in _depths(inner, arch):
        for above_at, other in _depths(outer, arch):
            if below_at < above_at and (inner.axis or outer.axis or arch.arrays_between(what, other)):
                return f"`{what}` is outside `{other}`"
    return ""


def _depths(rule: PlaceRule, arch: Arch) -> list[tuple[int, str]]:
    names = [rule.axis[0]] if rule.axis else sorted({node.memory for node in rule.nodes or ()})
    return [(arch.depth[name], name) for name in names]


# ---- factors ---------------------------------------------------------------------------------------


def _axes(dataflow: Dataflow, arch: Arch) -> Iterator[Diagnostic]:
    for array in arch.arrays:
        for axis, size in array.axes:
            rule = dataflow.along(array.name, axis)
            least = [f for f in rule.factors if f.least > 1] if rule else []
            used = prod(f.least for f in least)
            if used > size:
                product = " * ".join(f"{f.dim} {f.least}" for f in least)
                last = least[-1].span
                machine = (Label(array.span, f"{size} along `{axis}`"),) if array.span else ()
                message = f"unrolls at least {used} instances along `{array.name}.{axis}`, which has {size}"
                label = Label(last, f"{product} = {used}" if len(least) > 1 else f"{used} instances") if last else None
                yield Diagnostic("E508", message, label, machine)


def _divided(dataflow: Dataflow, layer: Layer) -> Iterator[Diagnostic]:
    for dim, bound in layer.bounds:
        rules = [rule for rule in _of(dataflow, dim) if rule.least > 1]
        whole = next((rule for rule in rules if rule.least >= bound), None)
        for other in rules:
            if whole is not None and other is not whole:
                here = (Label(whole.span, f"all {bound} values of `{dim}`"),) if whole.span else ()
                text = f"a factor of at least {other.least}" if other.exact is None else f"a factor of {other.least}"
                label = Label(other.span, text) if other.span else None
                yield Diagnostic("E521", f"`{dim}` is whole in one place and divided in another", label, here)


def _uncovered(dataflow: Dataflow, arch: Arch, layer: Layer, layer_span: Span | None) -> Iterator[Diagnostic]:
    """Where every slot has a rule, a dim is covered by what the rules and the axes allow, or not at all."""
    named = {node for rule in dataflow.temporal for node in rule.nodes or ()}
    if not all(node in named or node in dataflow.bypassed for node in _nodes(arch, layer)):
        return
    for dim, bound in layer.bounds:
        limits = [place.limits(dim).most for place in dataflow.places]
        free = [size for a in arch.arrays for axis, size in a.axes if dataflow.along(a.name, axis) is None]
        if None in limits:
            continue
        most = prod(limit for limit in limits if limit) * prod(free)
        if most < bound:
            rules = [rule for rule in _of(dataflow, dim) if rule.span]
            labels = [Label(rule.span, f"at most {rule.most} here") for rule in rules if rule.span]
            first = labels[0] if labels else Label(dataflow.span, "no place for it") if dataflow.span else None
            where = (Label(layer_span, f"`{layer.name}` has {dim} = {bound}"),) if layer_span else ()
            notes = () if where else (f"{layer.name} has {dim} = {bound}",)
            message = f"`{dataflow.name}` covers at most {most} of {bound} values of `{dim}`"
            yield Diagnostic("E502", message, first, (*labels[1:], *where), notes, help=f"put `{dim}` into a slot")


# ---- nodes -----------------------------------------------------------------------------------------


def _nodes(arch: Arch, layer: Layer) -> Iterator[Node]:
    for memory in arch.memories:
        for tensor in layer.op.tensors:
            if memory.hold(tensor.role) is not None:
                yield Node(tensor.name, memory.name)


def _bypassed(dataflow: Dataflow, arch: Arch, layer: Layer) -> Iterator[Diagnostic]:
    for tensor in layer.op.tensors:
        nodes = [node for node in _nodes(arch, layer) if node.tensor == tensor.name]
        if nodes and all(node in dataflow.bypassed for node in nodes):
            message = f"`{tensor.name}` is never placed: every memory that may hold it is bypassed"
            yield Diagnostic("E506", message, Label(dataflow.span, "bypasses all") if dataflow.span else None)
