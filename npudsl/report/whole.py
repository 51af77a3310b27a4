"""A network as a whole: its stages, the layers that are not mapped with their traffic, and what totals contain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from rich.table import Table
from rich.text import Text

from ..mapping.footprint import words
from ..spec.op import Layer
from .answers import Answer, Answers
from .console import table
from .figures import digits, energy, percent, short


@dataclass(frozen=True)
class Sum:
    """Solved layers added up with their repetitions. `layers` are different ones, `executions` counts repetitions.

    `energy` in pJ, `cycles` one after the other; `spent`: cycles weighted with the utilisation.
    """

    layers: int
    executions: int
    macs: int
    energy: Fraction
    cycles: Fraction
    spent: Fraction

    @property
    def utilization(self) -> Fraction:
        """Of the compute units over the whole time."""
        return self.spent / self.cycles if self.cycles else Fraction(0)


def sum_of(answers: tuple[Answer, ...]) -> Sum:
    """What solved layers cost together."""
    return Sum(
        len(answers),
        sum(a.layer.repeat for a in answers),
        sum(a.layer.macs * a.layer.repeat for a in answers),
        sum((a.cost.energy * a.layer.repeat for a in answers), Fraction(0)),
        sum((a.cost.cycles * a.layer.repeat for a in answers), Fraction(0)),
        sum((a.cost.utilization * a.cost.cycles * a.layer.repeat for a in answers), Fraction(0)),
    )


def stages(answers: Answers) -> dict[str, Sum]:
    """The solved layers by stage, in order: the layers of one sub-network (`conv2a.reduce`) are a stage, any other
    layer is one by itself."""
    found: dict[str, list[Answer]] = {}
    for answer in answers.solved:
        found.setdefault(answer.layer.name.partition(".")[0], []).append(answer)
    return {name: sum_of(tuple(members)) for name, members in found.items()}


def has_stages(answers: Answers) -> bool:
    """Whether the network is made of sub-networks."""
    return any("." in answer.layer.name for answer in answers)


def stage_table(answers: Answers) -> Table:
    """One row per stage."""
    shown = table("stages, repetitions included", footer=True)
    total = sum_of(answers.solved)
    shown.add_column("stage", "total", no_wrap=True)
    for header, footer in zip(
        ("layers", "executed", "MACs", "energy", "pJ/MAC", "cycles", "PEs"), _figures(total), strict=True
    ):
        shown.add_column(header, footer, justify="right")
    for name, stage in stages(answers).items():
        shown.add_row(name, *_figures(stage))
    return shown


def _figures(stage: Sum) -> tuple[str, ...]:
    return (
        str(stage.layers),
        str(stage.executions),
        short(stage.macs),
        energy(stage.energy),
        digits(stage.energy / stage.macs) if stage.macs else "-",
        short(stage.cycles),
        percent(stage.utilization),
    )


def traffic(layer: Layer) -> tuple[int, int]:
    """Elements that one execution of a layer reads and writes at least: each operand once, the output once."""
    read = sum(words(tensor, layer.bound) for tensor in layer.op.operands)
    return read, words(layer.op.output, layer.bound)


def unmapped_table(answers: Answers) -> Table:
    """Layers that are no multiply-accumulate nests: what they do and what they move."""
    moved = [(layer, *traffic(layer)) for layer in answers.unmapped]
    shown = table("not mapped, not in the totals", footer=True)
    shown.add_column("layer", "total", no_wrap=True)
    shown.add_column("op", no_wrap=True)
    for header, total in (
        ("operations", sum(layer.points * layer.repeat for layer, _, _ in moved)),
        ("elements read", sum(read * layer.repeat for layer, read, _ in moved)),
        ("elements written", sum(written * layer.repeat for layer, _, written in moved)),
    ):
        shown.add_column(header, short(total), justify="right")
    for layer, read, written in moved:
        repeat = f" x {layer.repeat}" if layer.repeat > 1 else ""
        shown.add_row(layer.name + repeat, layer.op.name, short(layer.points), short(read), short(written))
    return shown


def contents(answers: Answers) -> Iterator[Text]:
    """What the totals contain and what not."""
    total = sum_of(answers.solved)
    layers = [*(answer.layer for answer in answers), *answers.missing]
    wanted = sum(layer.macs * layer.repeat for layer in layers)
    share = percent(Fraction(total.macs, wanted)) if wanted else "0%"
    times = f", executed {total.executions} times" if total.executions > total.layers else ""
    yield Text(f"in the totals: {total.layers} of {len(layers)} layers{times}: {share} of their MACs")
    if answers.failed:
        yield Text(f"without a mapping, not in the totals: {', '.join(a.layer.name for a in answers.failed)}", "red")
