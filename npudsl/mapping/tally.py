"""What is counted: the counter keys that the closed forms and the interpreter share, and nothing else of theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .traffic import Traffic


@dataclass(frozen=True)
class Access:
    """Words of one tensor moved through one memory, over the layer and all instances."""

    read: int
    write: int


@dataclass(frozen=True)
class Tally:
    """Counts of one layer under one mapping, all integers.

    `counts[memory][tensor]`; `links[link][tensor]`: words delivered over a link times hops; `used[memory]`: peak words
    in one instance, all its tensors together (each tile once, also where it is double-buffered); `steps`: temporal
    iterations of one compute unit; `points`: operations executed.
    Memories without a node of any tensor do not occur; memories and tensors stand in the order of the machine and the
    op.
    `traffic`: what single instances move, for time (None: not counted). `apart`: by memory or link, tensor and action
    (as of `Toll`) the words of all instances that move while no step goes on, where `traffic` is not certain.
    """

    points: int
    steps: int
    counts: dict[str, dict[str, Access]]
    links: dict[str, dict[str, int]]
    used: dict[str, int]
    traffic: Traffic | None = field(default=None, compare=False, repr=False)
    apart: dict[tuple[str, str, str], int] = field(default_factory=dict, compare=False, repr=False)

    def differences(self, other: Tally) -> tuple[str, ...]:
        """One sentence for each counter that differs between the two (empty: equal); traffic if both have counted
        it."""
        timed = self.traffic is not None and other.traffic is not None
        mine, theirs = dict(_flat(self, timed)), dict(_flat(other, timed))
        return tuple(
            f"{key}: {mine.get(key)} against {theirs.get(key)}"
            for key in dict.fromkeys([*mine, *theirs])
            if mine.get(key) != theirs.get(key)
        )


def _flat(tally: Tally, timed: bool) -> Iterator[tuple[str, object]]:
    yield "points", tally.points
    yield "steps", tally.steps
    for memory, per_tensor in tally.counts.items():
        for tensor, access in per_tensor.items():
            yield f"{memory}.{tensor} read", access.read
            yield f"{memory}.{tensor} write", access.write
    for link, words in tally.links.items():
        for tensor, count in words.items():
            yield f"{link}.{tensor} words", count
    for memory, used in tally.used.items():
        yield f"{memory} used", used
    if not timed or tally.traffic is None:
        return
    yield "steps in time", tally.traffic.steps
    for flow in tally.traffic.flows:
        path = f"{flow.parent} to {flow.child or 'operations'}, {flow.tensor}"
        for part in ("visits", "arrivals", "departures", "first", "last", "whole", "sweep"):
            yield f"{path}: {part}", getattr(flow, part)
