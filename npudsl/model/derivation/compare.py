"""Where two mappings of one layer differ in energy: counter by counter, with the factors that make the difference."""

from __future__ import annotations

from collections import Counter as Sizes
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice

from ...mapping.evaluation import Evaluation
from ...spec.arch import Arch
from ...spec.op import Layer
from .explain import Derivations
from .prices import word_energy
from .terms import Counter, Factor, Section, Term

#: Reasons that are given for one counter.
REASONS = 3


@dataclass(frozen=True)
class Side:
    """One of the two mappings. `name`: what reasons call it."""

    name: str
    derivations: Derivations
    evaluation: Evaluation

    @property
    def arch(self) -> Arch:
        return self.derivations.scene.arch

    @property
    def layer(self) -> Layer:
        return self.derivations.scene.layer

    def counter(self, key: tuple[str, str, str]) -> Counter | None:
        return self.derivations.counter(*key) if key in self.derivations.keys else None

    def amounts(self, counter: Counter | None) -> tuple[int, Fraction]:
        """Words, and their energy in pJ."""
        if counter is None:
            return 0, Fraction(0)
        role = self.layer.op.tensor(counter.tensor).role
        return counter.value, counter.value * word_energy(self.arch, counter.place, role, counter.action)


@dataclass(frozen=True)
class Difference:
    """One counter on both sides (None: a side does not have it). Energies in pJ; `reasons`: why the words differ."""

    place: str
    tensor: str
    action: str
    first: Counter | None
    second: Counter | None
    energies: tuple[Fraction, Fraction]
    reasons: tuple[str, ...]

    @property
    def change(self) -> Fraction:
        return self.energies[1] - self.energies[0]


@dataclass(frozen=True)
class Comparison:
    """`differences`: counters whose words or energy differ, the largest change of energy first.

    `others`: energy that no counter accounts for (operations, leakage) by name, in pJ on both sides.
    """

    first: Side
    second: Side
    differences: tuple[Difference, ...]
    others: tuple[tuple[str, Fraction, Fraction], ...]

    def only(self, place: str | None, tensor: str | None) -> Comparison:
        """With the differences of one place or tensor alone."""
        if place is tensor is None:
            return self
        kept = [d for d in self.differences if place in (None, d.place) and tensor in (None, d.tensor)]
        return replace(self, differences=tuple(kept), others=())

    @property
    def energies(self) -> tuple[Fraction, Fraction]:
        """Of the whole layer, in pJ."""
        return self.first.evaluation.cost.energy, self.second.evaluation.cost.energy


def compare(first: Side, second: Side) -> Comparison:
    """Both sides are mappings of the same layer; the machines may differ."""
    keys = dict.fromkeys([*first.derivations.keys, *second.derivations.keys])
    found = [d for key in keys if (d := _difference(first, second, key)) is not None]
    found.sort(key=lambda d: (-abs(d.change), d.place, d.tensor, d.action))
    return Comparison(first, second, tuple(found), tuple(_others(first, second)))


def _difference(first: Side, second: Side, key: tuple[str, str, str]) -> Difference | None:
    one, other = first.counter(key), second.counter(key)
    before, after = first.amounts(one), second.amounts(other)
    if before == after:
        return None
    reasons = dict.fromkeys(_reasons(first.name, second.name, one, other))
    return Difference(*key, one, other, (before[1], after[1]), tuple(islice(reasons, REASONS)))


def _others(first: Side, second: Side) -> Iterator[tuple[str, Fraction, Fraction]]:
    """Operations, and leakage."""
    ours, theirs = first.evaluation.cost.parts, second.evaluation.cost.parts
    for component in dict.fromkeys([*ours, *theirs]):
        for label in ("", "leakage"):
            before, after = (parts.get(component, {}).get(label, Fraction(0)) for parts in (ours, theirs))
            if before or after:
                yield (f"{component} {label or 'operations'}", before, after)


# ---- reasons ------------------------------------------------------------------------------------


def _reasons(first: str, second: str, one: Counter | None, other: Counter | None) -> Iterator[str]:
    """Sentences, those on the largest terms first."""
    if one is None or other is None:
        owner, missing = (first, second) if other is None else (second, first)
        place, tensor = next((c.place, c.tensor) for c in (one, other) if c is not None)
        yield f"{place} has {tensor} under {owner} and not under {missing}"
        return
    if one.value == other.value:
        yield "the same words, but a word costs something else: the machines differ"
        return
    yield from _other_ways(first, second, one, other)
    ours, theirs = _by_cause(one), _by_cause(other)
    sizes = Sizes({key: term.value for key, term in ours.items()})
    sizes.subtract({key: term.value for key, term in theirs.items()})
    for key in sorted((k for k in sizes if sizes[k]), key=lambda k: -abs(sizes[k])):
        yield from _term(first, second, ours.get(key), theirs.get(key))
    notes = [[note for section in c.sections for note in section.notes] for c in (one, other)]
    for name, here, there in ((first, *notes), (second, *reversed(notes))):
        yield from (f"under {name}: {note}" for note in here if note not in there)


def _term(first: str, second: str, one: Term | None, other: Term | None) -> Iterator[str]:
    """Why one term differs."""
    if one is not None and other is not None:
        yield from _factors(first, second, one, other)
        return
    for name, term in ((first, one), (second, other)):
        if term is not None:
            yield f"only under {name}: {term.sentence} ({term.value:+,} words)"


def _other_ways(first: str, second: str, one: Counter, other: Counter) -> Iterator[str]:
    """Where tensors take another way through the memories."""
    ways = [list(dict.fromkeys(_way(s) for s in c.sections)) for c in (one, other)]
    for name, here, there in ((first, *ways), (second, *reversed(ways))):
        for way in here:
            if way not in there:
                yield f"under {name} alone {one.tensor} goes {way}"


def _way(section: Section) -> str:
    return f"between {section.parent} and {section.child or 'the operations'}"


def _by_cause(counter: Counter) -> dict[tuple[str, int, int], Term]:
    """Terms by cause and sign (and number, of several alike), so that those of two counters can be paired."""
    found: dict[tuple[str, int, int], Term] = {}
    for cause, sign in dict.fromkeys((t.cause, t.sign) for t in counter.terms):
        alike = (t for t in counter.terms if (t.cause, t.sign) == (cause, sign))
        found |= {(cause, sign, number): term for number, term in enumerate(alike)}
    return found


def _factors(first: str, second: str, one: Term, other: Term) -> Iterator[str]:
    pairs = [(f, match) for f in one.factors for match in other.factors if f.dims == match.dims]
    for factor, match in sorted(pairs, key=lambda pair: -_ratio(*pair)):
        if match.value != factor.value:
            yield (
                f"{', '.join(factor.dims)}: {factor.value:,} under {first}{_because(factor)}; "
                f"{match.value:,} under {second}{_because(match)}"
            )


def _ratio(factor: Factor, match: Factor) -> Fraction:
    """How many times larger one is than the other."""
    return max(Fraction(factor.value, match.value), Fraction(match.value, factor.value))


def _because(factor: Factor) -> str:
    if factor.sentences:
        return f" ({'; '.join(factor.sentences)})"
    return f" (no loop over {factor.dims[0]} is outside)" if factor.kind == "times" else ""
