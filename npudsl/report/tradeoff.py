"""Fronts of energy against latency: a table and a picture for each layer, and JSON."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..mapping.nest import Mapping as Nest
from ..solver.solution import CLOSED
from . import proofs
from .answers import Answers
from .console import table
from .figures import digits, energy, short
from .records import Json, number

if TYPE_CHECKING:  # a module with scipy
    from ..solver.tradeoff import Point, Tradeoff

OBJECTIVES = ("latency", "edp", "energy")
#: Points of a table; of more, every so many are left out.
SHOWN = 16
#: Columns and rows of a picture.
WIDTH, HEIGHT = 48, 8


def tradeoffs(answers: Answers, fronts: Mapping[str, Tradeoff]) -> Iterator[RenderableType]:
    """Per layer a table, a picture if there are several points, and what is not proven."""
    for answer in answers.solved:
        front = fronts.get(answer.layer.name)
        yield Text()
        if front is None or not front.points:
            yield Text(f"{answer.layer.name}: no front, it was not reached", "yellow")
            continue
        yield _points(front)
        if len(front.points) > 1:
            yield Text()
            yield from _picture(front.points)
        yield from _open(front)


def _points(front: Tradeoff) -> Table:
    """One row per point, the least latency first."""
    count = len(front.points)
    shown = table(f"{front.layer.name}: energy against latency, {count} {'point' if count == 1 else 'points'}")
    for header in ("latency", "more", "energy", "more", "pJ/MAC", "EDP"):
        shown.add_column(header, justify="right")
    shown.add_column("least" if front.complete else "least of these", no_wrap=True)
    shown.add_column("proof", no_wrap=True)
    best = {objective: front.best(objective) for objective in OBJECTIVES}
    kept = _thinned(front.points, tuple(best.values()))
    for point in kept:
        least = ", ".join(o if o != "edp" else "EDP" for o in OBJECTIVES if best[o] is point)
        shown.add_row(*_figures(front, point), least, _proof(point))
    if len(kept) < count:
        shown.caption = f"{count - len(kept)} points between them are left out; `--json` has all"
        shown.caption_justify = "left"
    return shown


def _figures(front: Tradeoff, point: Point) -> list[str]:
    per_mac = digits(point.energy / front.layer.macs) if front.layer.macs else "-"
    slower = _more(point.latency, front.best("latency").latency)
    dearer = _more(point.energy, front.best("energy").energy)
    return [f"{short(point.latency)} cycles", slower, energy(point.energy), dearer, per_mac, f"{float(point.edp):.4g}"]


def _more(value: Fraction, least: Fraction) -> str:
    """`+3.1%`, two digits, for a value above the least."""
    return "-" if value == least else f"+{digits(100 * (value - least) / least, 2)}%"


def _proof(point: Point) -> Text:
    if point.certificate.optimal:
        return Text("optimal", "green")
    return Text(f"gap {proofs.gap(point.certificate.gap)}", "yellow")


def _thinned(points: Sequence[Point], needed: Sequence[Point]) -> list[Point]:
    """At most `SHOWN` of the points at about equal distances, and those that are needed, in their order."""
    step = max(1.0, (len(points) - 1) / (SHOWN - 1))
    kept = {round(i * step) for i in range(min(SHOWN, len(points)))}
    return [p for i, p in enumerate(points) if i in kept or any(p is other for other in needed)]


def _picture(points: Sequence[Point]) -> Iterator[Text]:
    """The points between the ends of the front, latency to the right, energy upwards."""
    most, least = points[0].energy, points[-1].energy
    first, last = points[0].latency, points[-1].latency
    marked = {
        (round((most - p.energy) / (most - least) * (HEIGHT - 1)), round((p.latency - first) / (last - first) * WIDTH))
        for p in points
    }
    labels = {0: energy(most), HEIGHT - 1: energy(least)}
    margin = max(len(label) for label in labels.values())
    for row in range(HEIGHT):
        cells = "".join("●" if (row, column) in marked else " " for column in range(WIDTH + 1))
        yield Text(f"{labels.get(row, ''):>{margin}} {'┤' if row in labels else '│'}{cells}".rstrip())
    left, right = short(first), f"{short(last)} cycles"
    yield Text(f"{'':{margin}} └{'─' * (WIDTH + 1)}")
    yield Text(f"{'':{margin}}  {left}{right:>{WIDTH + 1 - len(left)}}")


def _open(front: Tradeoff) -> Iterator[Text]:
    if front.complete:
        yield Text(f"{front.layer.name}: every point proven, and there is no other")
        return
    yield Text(f"{front.layer.name}: not all proven: points may be missing, or not belong to the front", "yellow")
    yield Text(
        "optimal: nothing as fast takes less energy; gap: nothing as fast takes less by more than that", "yellow"
    )
    least = front.least_cycles
    gap = float(front.points[0].latency) / least - 1 if least > 0 else inf
    proof = "" if gap <= CLOSED else f" (gap {proofs.gap(gap)})"
    yield Text(f"nothing takes less than {short(least)} cycles{proof}", "yellow")


def record(front: Tradeoff | None, text_of: Callable[[Nest], str]) -> Json:
    """`{"pareto": [{"energy_pj", "latency_cycles", "cycles", "edp", "optimal", "gap", "lower_bound", "mapping"}],
    "pareto_complete", "pareto_least_cycles"}`, the least latency first. `latency_cycles`: what the search makes least;
    `cycles`: what the closed forms report. No mapping that is as fast as a point takes less than its `lower_bound` in
    pJ, none takes fewer `latency_cycles` than `pareto_least_cycles`."""
    points = () if front is None else front.points
    return {
        "pareto": [
            {
                "energy_pj": number(point.energy),
                "latency_cycles": number(point.latency),
                "cycles": number(point.evaluation.cost.cycles),
                "edp": number(point.edp),
                "optimal": point.certificate.optimal,
                "gap": number(point.certificate.gap),
                "lower_bound": number(point.certificate.lower_bound),
                "mapping": text_of(point.mapping),
            }
            for point in points
        ],
        "pareto_complete": front is not None and front.complete,
        "pareto_least_cycles": number(0.0 if front is None else front.least_cycles),
    }
