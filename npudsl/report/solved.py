"""The screen of `solve`: what each layer costs, where its energy goes, how it is mapped, and what was proven."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from . import limits, proofs, shares
from . import whole as whole_network
from .answers import Answer, Answers
from .console import table
from .figures import digits, duration, elapsed, energy, percent, plural, short, whole
from .slots import in_short
from .time_text import together

#: Diagnostics that do not say that there is no mapping: mapspaces that are not searched, and searches that found none.
NOT_NONE = {"E603": "not searched", "E604": "not searched", "E607": "not searched", "E608": "none found"}

WIDE = 104  # columns from which the bottleneck has room, and longer bars


def screen(answers: Answers, *, width: int = WIDE) -> Iterator[RenderableType]:
    """Everything `solve` prints, top to bottom, for a console of `width` columns."""
    yield _headline(answers)
    if answers.dataflow is not None:
        yield _under(answers)
    yield Text()
    tables = [_results(answers, wide=width >= WIDE)]
    if answers.solved:
        tables += [_energies(answers, bar=32 if width >= WIDE else 20), _mappings(answers)]
        tables += [proofs.proofs_table(answers), limits.limits_table(answers)]
        if whole_network.has_stages(answers):
            tables.append(whole_network.stage_table(answers))
    if answers.unmapped:
        tables.append(whole_network.unmapped_table(answers))
    for part in tables:
        yield part
        yield Text()
    yield from _closing(answers)


def _headline(answers: Answers) -> Text:
    options = answers.options
    return Text.assemble(
        (f"{answers.net} on {answers.arch.name}", "bold"),
        f": least {options.objective} over the {options.space} mapspace with {options.factors} factors",
    )


def _under(answers: Answers) -> Text:
    """Which dataflow was asked for, and the layers that it is not for."""
    found = Text.assemble("under the dataflow ", (f"{answers.dataflow}", "bold"))
    free = [answer.layer for answer in answers if not answers.under_dataflow(answer)]
    if free:
        names = ", ".join(f"{layer.name} ({layer.op.name})" for layer in free)
        found.append(f"; it is not for {names}: solved freely")
    return found


def _results(answers: Answers, *, wide: bool) -> Table:
    shown = table(footer=True)
    shown.add_column("layer", plural(len(answers.solved), "layer"), no_wrap=True)
    for header, footer in (
        ("MACs", short(answers.macs)),
        ("energy", energy(answers.energy)),
        ("pJ/MAC", _per_mac(answers.energy, answers.macs)),
        ("cycles", short(answers.cycles)),
        ("PEs", percent(whole_network.sum_of(answers.solved).utilization)),
    ):
        shown.add_column(header, footer, justify="right")
    if wide:
        shown.add_column("waiting", justify="right")
        shown.add_column("slowest")
    shown.add_column("proof", no_wrap=True)
    shown.add_column("verified", no_wrap=True)
    shown.add_column("time", elapsed(answers.seconds), justify="right")
    for answer in answers:
        shown.add_row(*_result(answer, wide=wide))
    return shown


def _result(answer: Answer, *, wide: bool) -> list[RenderableType]:
    layer = answer.layer
    row: list[RenderableType] = [layer.name + (f" x {layer.repeat}" if layer.repeat > 1 else ""), short(layer.macs)]
    if not answer.solved:
        return [*row, *["-"] * (6 if wide else 4), Text(_why_none(answer), "red"), "-", _seconds(answer)]
    cost = answer.cost
    row += [energy(cost.energy), _per_mac(cost.energy, layer.macs), short(cost.cycles), percent(cost.utilization)]
    if wide:
        row += [percent(1 - cost.working), cost.bottleneck]
    return [*row, proofs.short_proof(answer), _verified(answer), _seconds(answer)]


def _why_none(answer: Answer) -> str:
    """Whether a layer without an answer has no mapping, or may have one that was not looked for or not found."""
    failure = answer.solution.failure
    return NOT_NONE.get(failure.code, "no mapping") if failure else "no mapping"


def _energies(answers: Answers, *, bar: int) -> Table:
    """Shares per component, in figures and as a bar."""
    per_layer = [(a, shares.shares(answers.arch, a.cost)) for a in answers.solved]
    network = shares.total((part, a.layer.repeat) for a, part in per_layer)
    names = list(network)
    shown = table("where the energy goes", footer=True)
    shown.add_column("layer", "total", no_wrap=True)
    for name, marked in zip(names, shares.legend(names), strict=True):
        shown.add_column(marked, percent(_ratio(network[name], answers.energy)), justify="right")
    shown.add_column("", shares.stacked(list(network.values()), answers.energy, bar), no_wrap=True)
    for answer, part in per_layer:
        values = [part.get(name, Fraction(0)) for name in names]
        row = [percent(_ratio(value, answer.cost.energy)) for value in values]
        shown.add_row(answer.layer.name, *row, shares.stacked(values, answer.cost.energy, bar))
    return shown


def _mappings(answers: Answers) -> Table:
    shown = table("mapping, outermost loops first")
    shown.add_column("layer", no_wrap=True)
    shown.add_column("slots and their loops")
    for answer in answers.solved:
        same = f" (as {answer.solution.same_as})" if answer.solution.same_as else ""
        shown.add_row(answer.layer.name, in_short(answers.arch, answer.layer, answer.mapping) + same)
    return shown


def _closing(answers: Answers) -> Iterator[Text]:
    count = len(answers.solved)
    if count:
        clock = answers.arch.clock
        time = f" = {duration(answers.cycles / clock)} at {short(clock)}Hz" if clock else ""
        yield Text(f"{whole(answers.macs)} MACs, {energy(answers.energy)}, {whole(round(answers.cycles))} cycles{time}")
        yield Text(together([(a.cost, a.layer.repeat) for a in answers.solved]))
        yield Text(f"{proofs.proven(answers.solved)}; {_executed(answers)}")
        for note in (proofs.footnote(answers.solved), proofs.still_open(answers.solved)):
            if note is not None:
                yield Text(note)
    for answer in answers.refuted:
        assert answer.verdict is not None
        yield Text(f"VERIFICATION FAILED: {answer.layer.name}", "bold red")
        for difference in answer.verdict.differences:
            yield Text(f"  {difference}", "red")
    yield from whole_network.contents(answers)
    if answers.interrupted:
        yield Text(f"interrupted: {_not_reached(answers)}", "bold red")


def _not_reached(answers: Answers) -> str:
    """What an interruption left open."""
    names = ", ".join(layer.name for layer in answers.missing)
    return f"not reached: {names}" if names else "not every answer is proven or executed"


def _executed(answers: Answers) -> str:
    verified = sum(a.verified for a in answers.solved)
    if not any(a.verdict for a in answers.solved):
        return "none executed"
    return f"{verified} of {len(answers.solved)} executed at full size, every count and the output equal"


def _verified(answer: Answer) -> Text:
    if answer.verdict is None:
        return Text("not run", "yellow")
    return Text("yes", "green") if answer.verdict.agreed else Text("REFUTED", "bold red")


def _seconds(answer: Answer) -> str:
    return elapsed(answer.solution.seconds + (answer.verdict.seconds if answer.verdict else 0.0))


def _per_mac(picojoule: Fraction, macs: int) -> str:
    return digits(picojoule / macs) if macs else "-"


def _ratio(part: Fraction, of: Fraction | int) -> Fraction:
    return part / of if of else Fraction(0)
