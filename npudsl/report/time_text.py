"""Where the cycles of a mapping go, in sentences (docs/latency.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction

from ..mapping.evaluation import Cost
from .figures import percent, short, whole


def account(cost: Cost) -> Iterator[str]:
    """The phases, what limits them, and how exact that is; for a closed form or for an execution in time."""
    steps = cost.working * cost.cycles
    phases = ((cost.onload, "onload"), (steps, "steps"), (cost.stalled, "stalls"), (cost.offload, "offload"))
    spent = " + ".join(f"{cycles(value)} {name}" for value, name in phases if value or name == "steps")
    yield f"{cycles(cost.cycles)} cycles{', executed' if cost.executed else ''} = {spent}"
    yield limited(cost)
    yield certainty(cost)


def limited(cost: Cost) -> str:
    """`waits most for glb read, busy 93% of the time; stalls: glb read 12 k, dram 800`"""
    name = cost.bottleneck
    busy = f"{name}, busy {percent(cost.busy[name] / cost.cycles)} of the time"
    if not cost.stalls:
        return f"limited by {busy}"
    named = ", ".join(f"{r} {short(c)}" for r, c in sorted(cost.stalls.items(), key=lambda item: -item[1]))
    return f"waits most for {busy}; stalls: {named}" + (
        " (each alone)" if len(cost.stalls) > 1 and not cost.executed else ""
    )


def certainty(cost: Cost) -> str:
    """`exact: ...`, or between which bounds an execution in time lies and why."""
    if cost.exact:
        return f"exact: {cost.bounded}"
    between = f"between {cycles(cost.at_least)} and {cycles(cost.at_most)}"
    return f"the closed forms say {between}: {cost.bounded}" if cost.executed else f"{between}: {cost.bounded}"


def together(costs: Sequence[tuple[Cost, int]]) -> str:
    """How exact the cycles of several layers are, each with its repetitions."""
    exact = sum(cost.exact for cost, _ in costs)
    if exact == len(costs):
        return "cycles exact for all layers"
    low = sum((cost.at_least * times for cost, times in costs), Fraction(0))
    high = sum((cost.at_most * times for cost, times in costs), Fraction(0))
    return f"cycles exact for {exact} of {len(costs)} layers; all together between {short(low)} and {short(high)}"


def cycles(value: Fraction) -> str:
    """`6,978,123`, with one decimal if it is no integer."""
    return whole(value.numerator) if value.denominator == 1 else f"{float(value):,.1f}"
