"""Two mappings of one layer, counter by counter: where the difference in energy comes from."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from textwrap import wrap

from ..model.derivation.compare import Comparison, Difference
from .figures import energy, percent, whole
from .formula_overview import short_formula


def comparison_text(found: Comparison, *, width: int = 100) -> str:
    """The differences, the largest first, each with both formulas and the factors that make it."""
    return "\n".join(_lines(found, width)) + "\n"


def _lines(found: Comparison, width: int) -> Iterator[str]:
    first, second = found.first, found.second
    a, b = found.energies
    yield f"{first.layer.name}: {energy(a)} under {first.name}, {energy(b)} under {second.name}: {_against(a, b)}"
    if first.arch != second.arch:
        yield f"the machines differ: {first.arch.name} and {second.arch.name}, or their parameters"
    if not found.differences:
        yield "every counter is the same"
    yield from _table(found)
    for difference in found.differences:
        yield ""
        yield from _one(found, difference, width)


def _against(a: Fraction, b: Fraction) -> str:
    if a == b:
        return "the same energy"
    more = "more" if b > a else "less"
    return f"{energy(abs(b - a))} {more}" + (f" ({'+' if b > a else '-'}{percent(abs(b - a) / a)})" if a else "")


def _table(found: Comparison) -> Iterator[str]:
    """Changes of energy that add up to the whole difference."""
    rows = [(_name(d), *d.energies) for d in found.differences if d.change]
    rows += [row for row in found.others if row[1] != row[2]]
    if not rows:
        return
    cells = [("", found.first.name, found.second.name, "change")]
    cells += [(name, _spent(a), _spent(b), _signed(b - a)) for name, a, b in rows]
    a, b = (sum(energies, Fraction(0)) for energies in ([r[1] for r in rows], [r[2] for r in rows]))
    cells.append(("together", _spent(a), _spent(b), _signed(b - a)))
    widths = [max(len(row[i]) for row in cells) for i in range(4)]
    yield ""
    for name, *numbers in cells:
        columns = "  ".join(f"{text:>{w}}" for text, w in zip(numbers, widths[1:], strict=True))
        yield f"  {name:<{widths[0]}}  {columns}"


def _one(found: Comparison, difference: Difference, width: int) -> Iterator[str]:
    words = [0 if c is None else c.value for c in (difference.first, difference.second)]
    head = f"{_name(difference)}: {_signed(difference.change)}, {whole(words[0])} words against {whole(words[1])}"
    yield head
    names = (found.first.name, found.second.name)
    column = max(len(n) for n in names)
    for name, counter in zip(names, (difference.first, difference.second), strict=True):
        formula = "not there" if counter is None else short_formula(counter)
        yield from _hanging(f"  {name:<{column}}  ", formula, width)
    for reason in difference.reasons:
        yield from _hanging("  - ", reason, width)


def _name(difference: Difference) -> str:
    action = "carried" if difference.action == "link" else difference.action
    return f"{difference.place}.{difference.tensor} {action}"


def _spent(value: Fraction) -> str:
    return energy(value) if value else "0"


def _signed(value: Fraction) -> str:
    return f"{'-' if value < 0 else '+'}{energy(abs(value))}" if value else "0"


def _hanging(head: str, text: str, width: int) -> list[str]:
    return wrap(
        text,
        max(width, len(head) + 30),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_long_words=False,
        break_on_hyphens=False,
    )
