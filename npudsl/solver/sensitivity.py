"""What one more of anything is worth at the optimum, and for which range that holds: found by solving again.

For every knob of a machine (`knobs.py`), beside the slope of the continuous relaxation (`slopes.py`):
- the present optimum stays the optimum down to what its mapping needs, for fewer mappings fit a smaller machine;
- `more`: the optimum with one step more, solved again and proven;
- if that changes nothing, where the next better mapping is: the knob is doubled, and if that helps, the range between
  is halved a few times. A better mapping is already possible with what it needs itself.

Optima are compared in the cycles of `latency.py`, in which a search is exact; where time matters the present one is
searched in those first. With more of a knob every mapping remains, at the same cost, so that optima never get worse and
nothing changes between two equal ones. Idle instances that leak, and requirements on utilization, break that for axes:
there only one step is tried.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

from ..mapping.pricing import leakages
from ..spec.arch import Arch
from .clock import Clock, OutOfTimeError
from .demands import Demand
from .knobs import Knob, knobs, needed, saturating, turned
from .layer import solve_layer
from .slopes import Slopes, slopes
from .solution import LayerSolution, Options, least

#: Times that the range in which the next better mapping lies is halved.
HALVINGS = 3
#: Objectives nearer than this, relative, are equal.
EQUAL = 1e-9


@dataclass(frozen=True)
class Worth:
    """Of one knob. `base`: the present optimum.

    `needs`: the optimum holds down to there. `more`: the optimum with one step more (None: not proven, time was up).
    `same_to`: proven, nothing is better up to there (None: however much). `better_at`, `better`: with that much a
    mapping exists that costs that (None: none was found). `saturates`: the bandwidth from which on the present mapping
    gets no faster (None for other knobs). `slope`: d ln objective / d ln value where factors may be real (`slopes.py`),
    None where it could not be found.
    """

    knob: Knob
    base: float
    needs: Fraction
    more: float | None = None
    same_to: Fraction | None = None
    better_at: Fraction | None = None
    better: float | None = None
    saturates: Fraction | None = None
    slope: float | None = None


def sensitivities(arch: Arch, answer: LayerSolution, options: Options, clock: Clock) -> tuple[Worth, ...]:
    """Of a layer's proven optimum to every knob, outermost memories first; nothing for an answer that is not proven.

    When the clock runs out, what is known by then is told; first every knob is turned by one step, then further.
    """
    if answer.mapping is None or answer.certificate is None or not answer.certificate.proven:
        return ()
    options = replace(options, time_limit=None, reported=False)
    if options.objective != "energy" or any(power for _, power in leakages(arch)):
        answer = solve_layer(arch, answer.layer, options, clock, lambda value, bound: None)
        if answer.mapping is None or answer.certificate is None or not answer.certificate.proven:
            return ()
    study = _Study(arch, answer, options, clock)
    found = [study.begin(knob) for knob in knobs(arch)]
    for further in (study.one_more, study.doubled, *[study.halved] * HALVINGS):
        found = [further(worth) for worth in found]
    return tuple(found)


def _limit_of(knob: Knob) -> Demand:
    if knob.kind == "axis":
        return Demand("axis", array=knob.name, axis=knob.part)
    return Demand("share" if knob.kind == "share" else "size", knob.name, knob.part)


@dataclass
class _Study:
    arch: Arch
    answer: LayerSolution
    options: Options
    clock: Clock
    solved: dict[tuple[Knob, Fraction], LayerSolution] = field(default_factory=dict)

    def begin(self, knob: Knob) -> Worth:
        """What the present mapping tells."""
        mapping, layer = self.answer.mapping, self.answer.layer
        assert mapping is not None
        needs, found = needed(self.arch, layer, mapping, knob), self.slopes
        if knob.kind != "bandwidth":
            return Worth(
                knob, self._now, needs, same_to=knob.now, slope=found.limits.get(_limit_of(knob)) if found else None
            )
        last = saturating(self.arch, layer, mapping, knob)
        if self.options.objective == "energy" and not self._leaks:
            return Worth(knob, self._now, needs, more=self._now, saturates=last, slope=0.0)  # time costs nothing
        slope = found.bandwidths.get(knob.name) if found else None
        return Worth(knob, self._now, needs, same_to=knob.now, saturates=last, slope=slope)

    @cached_property
    def slopes(self) -> Slopes | None:
        """Of the relaxation around the answer's mapping."""
        assert self.answer.mapping is not None
        return slopes(self.arch, self.answer.layer, self.answer.mapping, self.options.objective)

    def one_more(self, worth: Worth) -> Worth:
        """Turned by one step."""
        if worth.same_to is None:
            return worth
        found = self._known(worth, worth.knob.now + worth.knob.step)
        if found.better is None:
            return replace(found, more=self._now) if found.same_to != worth.same_to else found
        certificate = self.solved[worth.knob, worth.knob.now + worth.knob.step].certificate
        return replace(found, more=found.better) if certificate and certificate.proven else found

    def doubled(self, worth: Worth) -> Worth:
        """Twice as much, where one step changes nothing."""
        if worth.same_to is None or worth.better is not None or worth.more is None or not self._monotone(worth.knob):
            return worth
        return self._known(worth, max(2 * worth.knob.now, worth.knob.now + 2 * worth.knob.step))

    def halved(self, worth: Worth) -> Worth:
        """In the middle between what changes nothing and what does."""
        if worth.same_to is None or worth.better_at is None or not self._monotone(worth.knob):
            return worth
        if worth.better_at - worth.same_to <= worth.knob.step:
            return worth
        middle = (worth.same_to + worth.better_at) / 2
        return self._known(worth, Fraction(int(middle)) if worth.knob.kind == "axis" else middle)

    def _known(self, worth: Worth, value: Fraction) -> Worth:
        """With what solving at a value adds."""
        found = self._solve(worth.knob, value)
        if worth.same_to is None or found is None or found.certificate is None or found.mapping is None:
            return worth
        reached, bound = least(found.certificate), found.certificate.lower_bound
        if reached < self._now * (1 - EQUAL):
            machine, knob = turned(self.arch, worth.knob, value), replace(worth.knob, now=value)
            at = needed(machine, found.layer, found.mapping, knob)
            return replace(worth, better_at=max(at, worth.same_to), better=reached)
        if bound >= self._now * (1 - EQUAL):
            return replace(worth, same_to=value)
        return worth

    def _solve(self, knob: Knob, value: Fraction) -> LayerSolution | None:
        """None: no time."""
        try:
            self.clock.tick()
        except OutOfTimeError:
            return None
        key = (knob, value)
        if key not in self.solved:
            machine = turned(self.arch, knob, value)
            found = solve_layer(machine, self.answer.layer, self.options, self.clock, lambda value, bound: None)
            self.solved[key] = found
        return self.solved[key]

    @property
    def _now(self) -> float:
        assert self.answer.certificate is not None
        return least(self.answer.certificate)

    def _monotone(self, knob: Knob) -> bool:
        if knob.kind != "axis":
            return True
        flow = dict(self.options.dataflows).get(self.answer.layer.name)
        asks = any(r.kind == "utilization" for r in flow.requirements) if flow else False
        return not asks and not self._leaks

    @property
    def _leaks(self) -> bool:
        return any(power for _, power in leakages(self.arch))
