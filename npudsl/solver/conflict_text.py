"""A conflict between demands as a diagnostic: who demands what, the arithmetic, and the smallest change that helps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor, inf

from ..mapping.amounts import one_unit
from ..mapping.dataflow import PlaceRule
from ..mapping.footprint import group_words
from ..mapping.placing import placed
from ..spec.values import show_fraction
from ..text.diagnostics import Diagnostic, Label
from ..text.source import Span
from .demands import Demand, Demands
from .fitting import Fit, Question


@dataclass(frozen=True)
class Change:
    """With `limit` (None: without any) in place of `asked`, one demand can be kept along with the others; `fit` is a
    mapping that does."""

    demand: Demand
    asked: Fraction
    limit: Fraction | None
    fit: Fit

    @property
    def price(self) -> float:
        """By what factor the limit changes."""
        if self.limit is None or 0 in (self.limit, self.asked):
            return inf
        return float(max(self.limit / self.asked, self.asked / self.limit))


def tell(question: Question, core: Demands, changes: Sequence[Change]) -> Diagnostic:
    """E605 for a smallest conflict; `changes`: one for every demand of it."""
    layer, dataflow = question.layer, question.dataflow
    words = _Words(question)
    labels = _labels(words, core)
    ranked = sorted(changes, key=lambda c: c.price)
    notes = [note for change in changes for note in words.arithmetic(change)]
    dims = dict.fromkeys(d.dim for d in core if d.dim)
    if dims:
        bounds = ", ".join(f"{d} = {layer.bound[d]}" for d in dims)
        how = "exactly" if question.factors == "perfect" else "at least"
        notes.append(f"`{layer.name}` has {bounds}; the factors of a dim multiply to {how} that")
    if len(ranked) > 1:
        notes.append("or " + "; or ".join(words.advice(c) for c in ranked[1:]))
    if not core:
        notes.append("which of its demands cannot be kept together takes too long to find out")
    obeying = f" that obeys `{dataflow.name}`" if dataflow and (not core or any(_asked(d) for d in core)) else ""
    return Diagnostic(
        "E605",
        f"`{layer.name}` has no mapping on `{question.arch.name}`{obeying}",
        labels[0] if labels else None,
        tuple(labels[1:]),
        tuple(notes),
        words.advice(ranked[0]) if ranked else None,
    )


def _asked(demand: Demand) -> bool:
    return demand.kind not in ("size", "share", "axis")


def _labels(words: _Words, core: Demands) -> list[Label]:
    """One per place in the text, what the dataflow demands first."""
    found: dict[Span, list[str]] = {}
    for demand in sorted(core, key=lambda d: not _asked(d)):
        span = words.span(demand)
        if span is not None:
            found.setdefault(span, []).append(words.demand(demand, core[demand]))
    return [Label(span, ", ".join(texts)) for span, texts in found.items()]


def _rounded(demand: Demand, limit: Fraction) -> str:
    """A ratio with three decimals, rounded to the side on which the demand can be kept."""
    thousand = limit * 1000
    whole = floor(thousand) if demand.from_below else ceil(thousand)
    return f"{whole / 1000:g}"


class _Words:
    """How demands, loads and changes are called."""

    def __init__(self, question: Question):
        self.question, self.arch, self.layer = question, question.arch, question.layer

    def _place(self, demand: Demand) -> PlaceRule:
        assert self.question.dataflow is not None
        return self.question.dataflow.places[demand.place]

    def span(self, demand: Demand) -> Span | None:
        """Where a demand is written."""
        dataflow = self.question.dataflow
        if demand.kind in ("size", "share"):
            memory = self.arch.memory(demand.memory)
            hold = memory.hold(demand.role)
            return hold.span or memory.span if hold is not None else memory.size_span or memory.span
        if demand.kind == "axis":
            return next(a.span for a in self.arch.arrays if a.name == demand.array)
        assert dataflow is not None
        if demand.kind in ("busy", "idle"):
            return dataflow.requirements[demand.place].span
        if demand.node is not None:
            return dataflow.span
        named = self._place(demand).factor.get(demand.dim)
        return (named.span if named else None) or self._place(demand).span

    def demand(self, demand: Demand, limit: Fraction) -> str:
        """What a demand says, for a label."""
        if demand.kind in ("size", "share"):
            return f"only {one_unit(limit, ())(limit)}"
        if demand.kind == "axis":
            return f"{limit} along `{demand.axis}`"
        if demand.node is not None:
            return f"{'keeps' if demand.kind == 'kept' else 'bypasses'} `{placed(demand.node)}`"
        if demand.kind in ("busy", "idle"):
            return f"at {'least' if demand.from_below else 'most'} {show_fraction(limit)}"
        named = self._place(demand).factor.get(demand.dim)
        if named is None:
            return f"no `{demand.dim}` here"
        if named.exact is not None:
            return f"`{demand.dim}` is {named.exact}"
        return f"`{demand.dim}` at {'least' if demand.from_below else 'most'} {limit}"

    def arithmetic(self, change: Change) -> list[str]:
        """What the others need of a memory or an axis at least, and what of it is missing."""
        demand, need = change.demand, change.limit
        if need is None or demand.kind not in ("size", "share", "axis"):
            return []
        if demand.kind == "axis":
            return [f"`{demand.array}.{demand.axis}` needs {need} instances, {need - change.asked} more than there are"]
        tiles = change.fit.tiles(demand)
        bit = one_unit(change.asked, (need, *(bits * count for _, bits, count in tiles)))
        lines = [self._tile(change, name, bits, count, bit) for name, bits, count in tiles]
        missing = f"{bit(need)} needed, {bit(need - change.asked)} more than there is"
        return [f"{self._room(demand)}: {missing}", *lines]

    def _tile(self, change: Change, name: str, bits: Fraction, count: int, bit: Callable[[Fraction], str]) -> str:
        tensor = self.layer.op.tensor(name)
        tier = next(t for n, _, t in change.fit.arrangement.tiles(change.demand) if n == name)
        extents = change.fit.extents(tier)
        parts = [(g, group_words(tensor, g, extents)) for g in tensor.groups]
        shown = " * ".join(f"{g[0] if len(g) == 1 else '(' + ', '.join(g) + ')'} {n}" for g, n in parts if n != 1)
        product = f"{shown} = {count}" if " * " in shown else shown or "1"
        return f"{name}: {product} words * {show_fraction(bits)} bit = {bit(bits * count)}"

    def _room(self, demand: Demand) -> str:
        return f"`{demand.role}` in `{demand.memory}`" if demand.kind == "share" else f"`{demand.memory}`"

    def advice(self, change: Change) -> str:
        """What to change, and to what."""
        demand, limit = change.demand, change.limit
        if demand.node is not None:
            return f"do not {'keep' if demand.kind == 'kept' else 'bypass'} `{placed(demand.node)}`"
        assert limit is not None
        if demand.kind in ("size", "share"):
            return f"give {self._room(demand)} {one_unit(limit, ())(limit)}"
        if demand.kind == "axis":
            return f"give `{demand.array}` {limit} instances along `{demand.axis}`"
        if demand.kind in ("busy", "idle"):
            return f"ask for a utilization of at {'least' if demand.from_below else 'most'} {_rounded(demand, limit)}"
        where = self._called(self._place(demand))
        named = self._place(demand).factor.get(demand.dim)
        if named is not None and named.exact is not None:
            return f"write `{demand.dim} = {limit}` in {where}"
        return f"let `{demand.dim}` be {'' if demand.from_below else 'up to '}{limit} in {where}"

    def _called(self, rule: PlaceRule) -> str:
        """A place as the language names it: an axis, a level, or the tensors in it."""
        if rule.axis is not None:
            return f"`{'.'.join(rule.axis)}`"
        nodes = sorted(rule.nodes or (), key=placed)
        level = next((x for x in self.arch.levels if {n.memory for n in nodes} <= {m.name for m in x.memories}), None)
        if level is not None and len(nodes) > 1:
            return f"`{level.name}`"
        return " and ".join(f"`{placed(node)}`" for node in nodes)
