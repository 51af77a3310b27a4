"""The audit of a certificate: its values, its bounds, and how complete its classes are; with what was only sampled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from time import monotonic

import numpy as np

from ..mapping.nest import Mapping
from .bound import SEARCHED, Goal, Reproof
from .claims import Stated, check_value
from .costs import leakage
from .enumeration import Told, least
from .refused import OutOfTime, Refused
from .rows import Problem
from .sampling import Sampler
from .skeletons import nest, taken_apart
from .values import TOLERANCE, exact, value

#: Gap up to which some class must come down to the value of the mapping, which is in one of them. (Of larger gaps,
#: those of searches that were cut short, all that is below the value would take long to look at.)
NEAR = 0.05


@dataclass(frozen=True)
class Effort:
    """How far to go: `enumerate` spaces of up to so many mappings, else draw `samples` (with `seed`). `seconds`: for
    everything (None: no limit)."""

    enumerate: int = 20_000
    samples: int = 200
    seed: int = 0
    seconds: float | None = None


@dataclass(frozen=True)
class Completeness:
    """How it was checked that no mapping is outside all classes and better. `enumerated`: legal mappings, all there are
    (None: too many); else `drawn` random ones and `changed` ones near the answer; the best `nearest` times the bound.
    """

    enumerated: int | None = None
    drawn: int = 0
    changed: int = 0
    nearest: float = float("inf")


@dataclass(frozen=True)
class Audited:
    """What holds of one layer. `combinations`: those that were looked at one by one (None: the bound was not re-proved
    in time); `searched`: so many of the classes have nothing below the bound; `same_as`: an equal layer with the same
    claim, audited there; `seconds` of wall time."""

    layer: str
    value: float
    lower_bound: float
    classes: int
    searched: int = 0
    combinations: int | None = None
    completeness: Completeness | None = None
    same_as: str | None = None
    seconds: float = 0.0

    @property
    def gap(self) -> float:
        return max(0.0, self.value / self.lower_bound - 1) if self.lower_bound > 0 else float("inf")


@dataclass(frozen=True)
class Progress:
    """What is being done: parts `done` of `total`."""

    layer: str
    what: str
    done: int
    total: int


class Audit:
    """Checks claims about layers for one objective and space. `tell` hears of the progress; `stop` is asked often
    whether to end now, with what was checked so far."""

    def __init__(
        self, objective: str, space: str, effort: Effort | None = None,
        tell: Callable[[Progress], None] = lambda progress: None, stop: Callable[[], bool] = lambda: False,
    ):  # fmt: skip
        self.objective, self.space, self.effort, self.tell, self.stop = objective, space, effort or Effort(), tell, stop
        seconds = self.effort.seconds
        self.deadline = None if seconds is None else monotonic() + seconds
        self.known: dict[object, Audited] = {}

    def run(self, stated: Sequence[Stated]) -> Iterator[Audited]:
        """Layer by layer, after the values of all. Raises `Refused` for the first claim that does not hold."""
        for one in stated:
            check_value(self.objective, one)
        for one in stated:
            yield self.layer(one)

    def _tick(self) -> None:
        if self.stop() or (self.deadline is not None and monotonic() > self.deadline):
            raise OutOfTime

    def layer(self, one: Stated) -> Audited:
        """The bound of one claim, and what there is beside the classes. Equal claims about equal layers are one."""
        claim, started = one.claim, monotonic()
        key = (one.layer.problem, claim.lower_bound, claim.value, claim.classes)
        if key in self.known:
            return replace(self.known[key], layer=claim.layer, same_as=self.known[key].layer, seconds=0.0)
        found = Audited(claim.layer, claim.value, claim.lower_bound, len(one.parts))

        def told(what: str, done: int) -> None:
            nonlocal found
            if what == SEARCHED:
                found = replace(found, searched=done)
            self.tell(Progress(claim.layer, what, done, len(one.parts)))

        with suppress(OutOfTime):
            looked = self._bound(one, told)
            found = replace(found, combinations=looked)
            found = replace(found, completeness=self._completeness(one))
        self.known[key] = replace(found, seconds=monotonic() - started)
        return self.known[key]

    def _bound(self, one: Stated, told: Callable[[str, int], None] = lambda what, done: None) -> int:
        """No combination of any class is below the bound; one of them comes down to what the mapping costs if that is
        not far above. Raises `Refused`, OutOfTime."""
        claim, goal = one.claim, self._goal(one)
        reached = value(self.objective, *exact(one.arch, one.layer, one.mapping))
        near = reached <= claim.lower_bound * (1 + NEAR)
        most = reached * (1 + TOLERANCE) if near else claim.lower_bound * (1 - TOLERANCE)
        problem = Problem(one.arch, one.layer, goal.timed)
        reproof = Reproof(problem, goal, one.parts, most, self._tick, told)
        found = reproof.found
        try:
            reproof.run()
        finally:  # what was found until the time was up refutes, too
            if found.least < claim.lower_bound * (1 - TOLERANCE):
                raise Refused(
                    f"its lower bound {claim.lower_bound!r} does not hold: a listed class comes down to "
                    f"{found.least!r}",
                    claim.layer,
                )
        if near and found.least > most:
            raise Refused("its list of classes is not complete: none of them reaches the value", claim.layer)
        return found.looked

    def _goal(self, one: Stated) -> Goal:
        return Goal(self.objective, float(leakage(one.arch)))

    # ---- completeness ---------------------------------------------------------------------------

    def _completeness(self, one: Stated) -> Completeness:
        goal = self._goal(one)
        self.tell(Progress(one.layer.name, "mappings", 0, 1))
        told = Told(one.claim.lower_bound, lambda mapping: value(self.objective, *exact(one.arch, one.layer, mapping)))
        found = least(one.arch, one.layer, self.space, goal, self.effort.enumerate, self._tick, told)
        if found is None:
            return self._sampled(one)
        best, count = found
        if best < one.claim.lower_bound * (1 - TOLERANCE):
            raise Refused(f"its lower bound does not hold: enumeration finds a mapping at {best!r}", one.claim.layer)
        return Completeness(enumerated=count, nearest=_ratio(best, one))

    def _sampled(self, one: Stated) -> Completeness:
        sampler = Sampler(one.arch, one.layer, self.space, Random(f"{self.effort.seed} {one.layer.name}"))
        samples = self.effort.samples
        nearest, drawn, changed = np.inf, 0, 0
        for count in range(samples):
            self._tick()
            self.tell(Progress(one.layer.name, "samples", count, 2 * samples))
            mapping = sampler.draw()
            if mapping is not None:
                drawn += 1
                nearest = min(nearest, self._not_below(one, mapping, "a random mapping"))
        start = taken_apart(one.arch, one.mapping, self.space)
        assert start is not None
        here = start
        for count in range(samples):
            self._tick()
            self.tell(Progress(one.layer.name, "samples", samples + count, 2 * samples))
            found = sampler.change(*here)
            if found is None:
                here = start
                continue
            changed += 1
            ratio = self._not_below(one, nest(*found), "a mapping near it")
            nearest = min(nearest, ratio)
            here = found if ratio < 1.1 else start
        return Completeness(None, drawn, changed, nearest)

    def _not_below(self, one: Stated, mapping: Mapping, what: str) -> float:
        """The value of a mapping over the bound. Raises `Refused` if it is below."""
        costs = value(self.objective, *exact(one.arch, one.layer, mapping))
        if costs < one.claim.lower_bound * (1 - TOLERANCE):
            raise Refused(f"its lower bound does not hold: {what} costs {costs!r}", one.claim.layer)
        return _ratio(costs, one)


def _ratio(costs: float, one: Stated) -> float:
    return costs / one.claim.lower_bound if one.claim.lower_bound > 0 else np.inf
