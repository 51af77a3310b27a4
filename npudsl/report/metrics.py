"""The metrics by which the survey compares designs: what a network on a machine takes, per batch and per frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from rich.console import RenderableType
from rich.text import Text

from ..spec.arch import Arch, Array, Compute, Level, Link, Memory
from .answers import Answers
from .console import table
from .figures import digits, duration, energy, percent, short, whole
from .records import Json, number
from .whole import contents, sum_of

NOT_DECLARED = "not declared"


@dataclass(frozen=True)
class Metrics:
    """Of the solved layers, for one batch of `batch` frames.

    `accuracy`: what the network declares as `let accuracy = 0.57`, a share. `cycles`; `seconds` (None: the machine has
    no clock); `energy` in pJ; `off_chip`: words and bits read from and written to the outermost memory; `area` in mm2,
    of everything on the chip (None: `without_area` lists what declares none); `utilization` of the compute units.
    """

    accuracy: Fraction | None
    batch: int
    macs: int
    cycles: Fraction
    seconds: Fraction | None
    energy: Fraction
    off_chip_words: tuple[int, int]
    off_chip_bits: Fraction
    area: Fraction | None
    without_area: tuple[str, ...]
    utilization: Fraction

    @property
    def watts(self) -> Fraction | None:
        return self.energy / 10**12 / self.seconds if self.seconds else None

    @property
    def frames_per_second(self) -> Fraction | None:
        return self.batch / self.seconds if self.seconds else None

    @property
    def per_mac(self) -> Fraction | None:
        """pJ per multiply-accumulate."""
        return self.energy / self.macs if self.macs else None


def metrics(answers: Answers) -> Metrics:
    """The metrics of a run. The batch is the network's constant or parameter `batch`, else 1."""
    total, arch = sum_of(answers.solved), answers.arch
    constants = dict(answers.net_constants)
    area, without = chip_area(arch)
    read, written, bits = _off_chip(answers)
    batch = constants.get("batch", Fraction(1))
    return Metrics(
        constants.get("accuracy"),
        int(batch) if batch >= 1 else 1,
        total.macs,
        total.cycles,
        total.cycles / arch.clock if arch.clock else None,
        total.energy,
        (read, written),
        bits,
        area,
        without,
        total.utilization,
    )


def _off_chip(answers: Answers) -> tuple[int, int, Fraction]:
    """Words read, words written and bits moved in the outermost memory, repetitions included."""
    read = written = 0
    bits = Fraction(0)
    for answer in answers.solved:
        for memory in answers.arch.levels[0].memories:
            for tensor, access in answer.evaluation.tally.counts.get(memory.name, {}).items():
                width = answers.arch.width(memory.name, answer.layer.op.tensor(tensor).role)
                read += access.read * answer.layer.repeat
                written += access.write * answer.layer.repeat
                bits += (access.read + access.write) * answer.layer.repeat * width
    return read, written, bits


def chip_area(arch: Arch) -> tuple[Fraction | None, tuple[str, ...]]:
    """mm2 of everything but the outermost memory with all its instances; None and what declares no area, if any."""
    area, instances = Fraction(0), 1
    without: list[str] = []
    for node in (*arch.nodes[1:], arch.compute):
        if isinstance(node, Array):
            for _, size in node.axes:
                instances *= size
        for part in _parts(node):
            if part.area is None:
                without.append(part.name)
            else:
                area += part.area * instances
    return (None if without else area), tuple(without)


def _parts(node: Level | Array | Compute) -> tuple[Memory | Link | Compute, ...]:
    if isinstance(node, Array):
        return node.links
    return node.memories if isinstance(node, Level) else (node,)


def screen(answers: Answers) -> Iterator[RenderableType]:
    """The metrics as a table, and what they contain."""
    found = metrics(answers)
    yield Text(f"{answers.net} on {answers.arch.name}, batch {found.batch}", "bold")
    shown = table()
    shown.add_column("metric", no_wrap=True)
    shown.add_column("per batch", justify="right")
    shown.add_column("per frame", justify="right")
    for row in _rows(found):
        shown.add_row(*row)
    yield shown
    yield Text()
    yield from contents(answers)


def _rows(found: Metrics) -> Iterator[tuple[str, str, str]]:
    yield "accuracy", NOT_DECLARED if found.accuracy is None else percent(found.accuracy), ""
    yield "MACs", whole(found.macs), short(Fraction(found.macs, found.batch))
    if found.seconds:
        yield "runtime", duration(found.seconds), duration(found.seconds / found.batch)
    else:
        yield "runtime (no clock)", f"{short(found.cycles)} cycles", f"{short(found.cycles / found.batch)} cycles"
    yield "frames per second", "" if found.seconds else NOT_DECLARED, _known(found.frames_per_second, "")
    yield "energy", energy(found.energy), energy(found.energy / found.batch)
    yield "energy per MAC", _known(found.per_mac, " pJ"), ""
    yield "power", NOT_DECLARED if found.watts is None else f"{digits(found.watts * 1000)} mW", ""
    read, written = found.off_chip_words
    yield "off-chip words read", short(read), short(Fraction(read, found.batch))
    yield "off-chip words written", short(written), short(Fraction(written, found.batch))
    megabytes = found.off_chip_bits / 8 / 10**6
    yield "off-chip accesses", f"{digits(megabytes)} MB", f"{digits(megabytes / found.batch)} MB"
    yield "utilisation", percent(found.utilization), ""
    area = f"{digits(found.area)} mm2" if found.area is not None else f"{NOT_DECLARED} by {_few(found.without_area)}"
    yield "area", area, ""


def _known(value: Fraction | None, unit: str) -> str:
    return "" if value is None else f"{digits(value)}{unit}"


def _few(names: tuple[str, ...]) -> str:
    return ", ".join(names[:4]) + (", ..." if len(names) > 4 else "")


def record(answers: Answers) -> Json:
    """The same as JSON; what is not declared is null."""
    found = metrics(answers)
    figures: dict[str, Fraction | int | None] = {
        "accuracy": found.accuracy,
        "batch": found.batch,
        "macs": found.macs,
        "runtime_s": found.seconds,
        "frames_per_second": found.frames_per_second,
        "energy_pj": found.energy,
        "energy_per_mac_pj": found.per_mac,
        "power_w": found.watts,
        "off_chip_words_read": found.off_chip_words[0],
        "off_chip_words_written": found.off_chip_words[1],
        "off_chip_bytes": found.off_chip_bits / 8,
        "area_mm2": found.area,
        "utilization": found.utilization,
    }
    return {name: None if value is None else number(value) for name, value in figures.items()}
