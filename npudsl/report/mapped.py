"""The screens of `eval` and `run`: one mapping of one layer, counted and priced."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..mapping.evaluation import Cost
from ..mapping.nest import Mapping
from ..mapping.tally import Tally
from ..spec.arch import Arch
from ..spec.op import Layer
from .console import table
from .figures import data, digits, energy, percent, short, whole
from .nest import nest_table
from .time_text import account


def screen(
    arch: Arch, layer: Layer, mapping: Mapping, tally: Tally, cost: Cost, *, how: str
) -> Iterator[RenderableType]:
    """The nest, what moves, what is held, where the cycles go, and the totals. `how`: `closed forms` or
    `execution`."""
    yield Text.assemble((f"{mapping.name}: {layer.name} on {arch.name}", "bold"), f", counted by {how}")
    yield Text()
    for part in (
        nest_table(layer, mapping, operation=arch.compute.name),
        _moved(tally, cost),
        _held(arch, tally, cost),
    ):
        yield part
        yield Text()
    yield Text(
        f"{whole(tally.points)} operations in {whole(tally.steps)} steps; {percent(cost.utilization)} of "
        f"{arch.compute.name} busy in a step, {percent(cost.utilization * cost.working)} over the whole time"
    )
    for sentence in account(cost):
        yield Text(sentence)
    yield Text(f"energy {energy(cost.energy)} = {digits(cost.energy / tally.points)} pJ per operation")


def _moved(tally: Tally, cost: Cost) -> Table:
    """Words per memory and tensor, and per link and tensor, with their energy."""
    shown = table("words moved")
    shown.add_column("place", no_wrap=True)
    shown.add_column("tensor", no_wrap=True)
    for header in ("read", "written", "carried", "energy", "share"):
        shown.add_column(header, justify="right", no_wrap=True)
    for memory, tensors in tally.counts.items():
        for tensor, access in tensors.items():
            shown.add_row(memory, tensor, whole(access.read), whole(access.write), "", *_priced(cost, memory, tensor))
    for link, words in tally.links.items():
        for tensor, count in words.items():
            shown.add_row(link, tensor, "", "", whole(count), *_priced(cost, link, tensor))
    for component, parts in cost.parts.items():
        for label in [p for p in parts if p in ("", "leakage")]:
            shown.add_row(component, label or "operations", "", "", "", *_priced(cost, component, label))
    return shown


def _priced(cost: Cost, component: str, tensor: str) -> tuple[str, str]:
    spent = cost.parts.get(component, {}).get(tensor, Fraction(0))
    return energy(spent), percent(spent / cost.energy) if cost.energy else "-"


def _held(arch: Arch, tally: Tally, cost: Cost) -> Table:
    """Peak words per memory against its size, and how long each of its ports is busy."""
    shown = table("memories")
    shown.add_column("memory", no_wrap=True)
    for header in ("words held at most", "size", "busy cycles"):
        shown.add_column(header, justify="right")
    for memory in arch.memories:
        if memory.name in tally.used:
            size = "unlimited" if memory.size is None else data(memory.size)
            busy = [f"{r.removeprefix(memory.name).strip()} {short(c)}".strip() for r, c in _busy(cost, memory.name)]
            shown.add_row(memory.name, whole(tally.used[memory.name]), size, ", ".join(busy))
    return shown


def _busy(cost: Cost, memory: str) -> Iterator[tuple[str, Fraction]]:
    return ((resource, cycles) for resource, cycles in cost.busy.items() if resource.split(" ")[0] == memory)
