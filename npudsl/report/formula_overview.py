"""Every counter of a mapping in one table: its formula in short, its words and its energy."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from ..mapping.evaluation import Cost
from ..model.derivation.explain import Derivations
from ..model.derivation.prices import word_energy
from ..model.derivation.terms import Counter, Term
from .console import table
from .figures import energy, percent, whole
from .formula_text import product_order, product_text


def overview(name: str, derivations: Derivations, cost: Cost) -> Iterator[RenderableType]:
    """The screen of `npudsl explain FILE --mapping NAME`."""
    scene = derivations.scene
    yield Text.assemble((f"{name}: {scene.layer.name} on {scene.arch.name}", "bold"), ", closed forms of every counter")
    yield Text()
    yield _table(derivations, cost)
    yield Text()
    factors = ", ".join(f"{symbol} = {value:,}" for symbol, value in scene.values.items() if value != 1)
    yield Text(f"bounds and factors: {factors}")
    yield Text("W: words of a window, T: iterations with points; `--memory M --tensor T` takes a counter apart")


def _table(derivations: Derivations, cost: Cost) -> Table:
    shown = table()
    shown.add_column("place", no_wrap=True)
    shown.add_column("tensor", no_wrap=True)
    shown.add_column("", no_wrap=True)
    shown.add_column("words", justify="right", no_wrap=True)
    shown.add_column("energy", justify="right", no_wrap=True)
    shown.add_column("share", justify="right", no_wrap=True)
    shown.add_column("formula", overflow="fold")
    scene = derivations.scene
    for counter in derivations.counters():
        role = scene.layer.op.tensor(counter.tensor).role
        spent = counter.value * word_energy(scene.arch, counter.place, role, counter.action)
        shown.add_row(
            counter.place,
            counter.tensor,
            "carried" if counter.action == "link" else counter.action,
            whole(counter.value),
            energy(spent) if spent else "0",
            percent(spent / cost.energy if cost.energy else Fraction(0)),
            short_formula(counter),
        )
    return shown


def short_formula(counter: Counter) -> str:
    """`N_m*c_glb - N_m`: the terms that do not cancel out, windows and clipped repetitions by their names."""
    merged: dict[object, tuple[int, Term]] = {}
    for term in counter.terms:
        sign = merged.get(term.expression, (0, term))[0]
        merged[term.expression] = (sign + term.sign, term)
    text = ""
    for sign, term in merged.values():
        if sign:
            times = "" if abs(sign) == 1 else f"{abs(sign)}*"
            text += f" {'-' if sign < 0 else '+'} {times}{product_text(counter, product_order(term))}"
    return text.removeprefix(" + ").strip() or "0"
