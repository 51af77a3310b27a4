"""What was found beside what no schedule can avoid: words moved across each boundary of the hierarchy, and energy."""

from __future__ import annotations

from functools import lru_cache

from rich.table import Table

from ..solver.physical import moved_words
from ..solver.physical_energy import Physical, physical_limit
from ..spec.arch import Arch
from ..spec.op import Layer
from .answers import Answer, Answers
from .console import table
from .figures import digits, short
from .records import Json, number


@lru_cache(maxsize=4096)
def _limit(arch: Arch, layer: Layer) -> Physical | None:
    return physical_limit(arch, layer)


def limit_of(answers: Answers, answer: Answer) -> Physical | None:
    """The physical limit of an answer's layer; None where words are too many to be counted."""
    return _limit(answers.arch, answer.layer)


def limits_table(answers: Answers) -> Table:
    """One row per solved layer: words across each boundary and energy, each `found / no schedule below`."""
    shown = table("moved / physical limit")
    shown.add_column("layer", no_wrap=True)
    for level in answers.arch.levels[:-1]:
        shown.add_column(f"words below {level.name}", justify="right")
    shown.add_column("pJ/MAC", justify="right")
    for answer in answers.solved:
        shown.add_row(answer.layer.name, *_row(answers, answer))
    return shown


def _row(answers: Answers, answer: Answer) -> list[str]:
    limit = limit_of(answers, answer)
    if limit is None:
        return ["-"] * len(answers.arch.levels)
    moved = moved_words(answers.arch, answer.layer, answer.mapping)
    row = [f"{short(moved[b.outside])} / {short(b.words)}" for b in limit.boundaries]
    macs = answer.layer.macs
    return [*row, f"{digits(answer.cost.energy / macs)} / {digits(limit.energy / macs)}" if macs else "-"]


def record(answers: Answers, answer: Answer) -> Json | None:
    """`{"value": .., "energy_pj": .., "steps": .., "cycles": .., "boundaries": [{"below": LEVEL, "words": .., "moved":
    ..}]}`: no mapping has less, `value` in units of the objective; `moved`: the words that the answer moves."""
    limit = limit_of(answers, answer)
    if limit is None:
        return None
    moved = moved_words(answers.arch, answer.layer, answer.mapping)
    return {
        "value": number(limit.value(answers.options.objective)),
        "energy_pj": number(limit.energy),
        "steps": limit.steps,
        "cycles": number(limit.cycles),
        "boundaries": [{"below": b.outside, "words": b.words, "moved": moved[b.outside]} for b in limit.boundaries],
    }
