"""A counter's derivation as text: the sum, the part of the loops, each factor with formula, numbers and reasons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from textwrap import wrap

import sympy

from ..model.derivation.names import listed
from ..model.derivation.terms import Counter, Factor, LoopRole, Piece, Quantity, Section, Term
from .figures import whole
from .formula import Plain

#: Kinds of tiles of a clipped sum that are shown.
PIECES = 6


def counter_text(counter: Counter, *, about: str = "", width: int = 100) -> str:
    """The derivation of one counter; `about`: what mapping it is of."""
    return "\n".join(Page(counter, width).lines(about)) + "\n"


def title(counter: Counter) -> str:
    """`glb.input read`, `bus.input carried`"""
    return f"{counter.place}.{counter.tensor} {'carried' if counter.action == 'link' else counter.action}"


def signed(value: int) -> str:
    return f"- {whole(-value)}" if value < 0 else f"+ {whole(value)}"


@dataclass(frozen=True)
class Page:
    """Lays one counter out in `width` columns."""

    counter: Counter
    width: int

    def lines(self, about: str) -> Iterator[str]:
        counter = self.counter
        yield f"{title(counter)} = {whole(counter.value)} words" + (f"   ({about})" if about else "")
        if len(counter.terms) > 1:
            yield ""
            yield from self._overview()
        for note in counter.notes:
            yield from self._hanging("0  ", note)
        for section in counter.sections:
            yield ""
            yield from self._section(section)

    def _overview(self) -> Iterator[str]:
        """The terms with their values, before each is taken apart."""
        column = max(len(signed(t.value)) for t in self.counter.terms)
        for term in self.counter.terms:
            yield from self._hanging(f"  {signed(term.value):>{column}}  ", term.sentence)

    def _section(self, section: Section) -> Iterator[str]:
        if section.loops and section.terms:
            yield f"Loops and the tile of {section.tensor} in {section.child}, which {section.parent} serves:"
            yield ""
            yield from self._loops(section.loops)
            yield ""
        for note in section.notes:
            yield from self._hanging("0  ", note)
        told: set[Factor] = set()
        for position, term in enumerate(section.terms):
            if position:
                yield ""
            yield from self._term(term, told)
            told.update(term.factors)

    def _loops(self, loops: tuple[LoopRole, ...]) -> Iterator[str]:
        name = max(len(f"{loop.symbol.name} = {loop.factor}") for loop in loops)
        place = max(len(loop.place) for loop in loops)
        for loop in loops:
            head = f"  {loop.symbol.name} = {loop.factor}".ljust(name + 2)
            yield from self._hanging(f"{head}  {loop.place:<{place}}  ", loop.sentence)

    def _term(self, term: Term, told: set[Factor]) -> Iterator[str]:
        yield from self._hanging(f"{signed(term.value)}  ", term.sentence)
        shown = product_order(term)
        product, numbers = self._product(term, shown)
        if term.factors:
            yield from self._wrapped(f"  = {product}", "      ")
            if numbers != product:
                yield from self._wrapped(f"  = {numbers}", "      ")
        for block in self._blocks([f for f in term.factors if not f.silent and f not in told]):
            yield from block

    def _product(self, term: Term, shown: tuple[Factor, ...]) -> tuple[str, str]:
        """The product in symbols, and in numbers."""
        sign = "" if abs(term.sign) == 1 else f"{abs(term.sign)}*"
        numbers = "*".join(str(f.value) for f in shown) or "1"
        return f"{sign}{product_text(self.counter, shown)}", f"{sign}{numbers}"

    def _blocks(self, factors: list[Factor]) -> Iterator[Iterator[str]]:
        """Every factor with its reasons; dims whose tiles never overlap together."""
        tiles = [f for f in factors if f.kind == "tiles"]
        if tiles:
            names = ", ".join(f"{f.form} = {f.value:,}" for f in tiles)
            dims = ", ".join(f.dims[0] for f in tiles)
            yield self._hanging("  ", f"{dims}: {names}")
            yield self._sentences(
                (f"tiles along {listed(f.dims[0] for f in tiles)} never overlap and cover all of it",)
            )
        for factor in factors:
            if factor.kind != "tiles":
                yield self._factor(factor)

    def _factor(self, factor: Factor) -> Iterator[str]:
        dims = ", ".join(factor.dims)
        head = f"{dims}: {factor.symbol.name} = " if factor.symbol is not None else f"{dims}: "
        if factor.pieces:
            yield f"  {head}{factor.value:,}"
            yield from self._sentences(factor.sentences)
            yield from self._pieces(factor)
            return
        plain, known = self._plain(factor.dims), {q.symbol: q.value for q in factor.quantities}
        yield from self._equation("  ", head, factor.form, factor.value, plain, known)
        for quantity in factor.quantities:
            yield from self._quantity(quantity)
        yield from self._sentences(factor.sentences)

    def _quantity(self, quantity: Quantity) -> Iterator[str]:
        head = f"{quantity.symbol.name} = "
        plain = replace(self._plain(quantity.dims), index=quantity.index)
        yield from self._equation("    ", head, quantity.form, quantity.value, plain, {})
        yield from self._hanging("      - ", quantity.sentence)

    def _sentences(self, sentences: tuple[str, ...]) -> Iterator[str]:
        for sentence in sentences:
            yield from self._hanging("    - ", sentence)

    def _pieces(self, factor: Factor) -> Iterator[str]:
        for piece in factor.pieces[:PIECES]:
            yield f"      {_piece(piece, factor.dims)}"
        if len(factor.pieces) > PIECES:
            left = factor.pieces[PIECES:]
            yield f"      + {sum(p.times * p.words for p in left):,} of {len(left):,} more kinds of tiles"

    def _equation(
        self,
        indent: str,
        head: str,
        form: sympy.Expr,
        value: int,
        plain: Plain,
        known: dict[sympy.Symbol, int],
    ) -> Iterator[str]:
        """`name = formula = numbers = value`, without steps that say the same."""
        formula = plain(form)
        numbers = replace(plain, values={**self.counter.values, **known})(form)
        told = numbers == str(value) or "#" in numbers
        steps = list(dict.fromkeys([formula, f"{value:,}"] if told else [formula, numbers, f"{value:,}"]))
        line = f"{indent}{head}{' = '.join(steps)}"
        if len(line) <= self.width:
            yield line
            return
        yield from self._wrapped(f"{indent}{head}{steps[0]}", indent + "    ")
        for step in steps[1:]:
            yield from self._wrapped(f"{indent}  = {step}", indent + "    ")

    def _plain(self, dims: tuple[str, ...]) -> Plain:
        return Plain(order=tuple(self.counter.values), dims=dims)

    def _hanging(self, head: str, text: str) -> Iterator[str]:
        """Text behind a head, further lines under its first word."""
        yield from wrap(
            text,
            max(self.width, len(head) + 30),
            initial_indent=head,
            subsequent_indent=" " * len(head),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _wrapped(self, text: str, indent: str) -> Iterator[str]:
        yield from wrap(text, self.width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def product_order(term: Term) -> tuple[Factor, ...]:
    """The factors that are more than a silent 1, in the order of a product: bounds, then windows, then loops."""
    shown = [f for f in term.factors if not f.silent and f.form != 1]
    return tuple(sorted(shown, key=_rank))


def _rank(factor: Factor) -> int:
    return {"whole": 0, "tiles": 0}.get(factor.kind, 2 if factor.symbol is None else 1)


def product_text(counter: Counter, shown: tuple[Factor, ...]) -> str:
    """`N_c*W_pr*(p_dram*p_x)`: what one group of dims contributes stands in parentheses."""
    plain = Plain(order=tuple(counter.values))
    names = [f.form if f.symbol is None else f.symbol for f in shown]
    return "*".join(f"({plain(n)})" if n.is_Mul or n.is_Add else plain(n) for n in names) or "1"


def _piece(piece: Piece, dims: tuple[str, ...]) -> str:
    box = " x ".join(f"{e:,}" for e in piece.extents)
    new = " new" if piece.moved else ""
    return f"{piece.times:,} x {piece.words:,}{new} ({' x '.join(dims)} = {box})"
