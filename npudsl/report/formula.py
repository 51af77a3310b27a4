"""Closed forms as people write them: in ASCII and in LaTeX, with symbols or with the numbers put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sympy

ATOM, POWER, PRODUCT, SUM = 3, 2, 1, 0


@dataclass(frozen=True)
class Plain:
    """`p_x*r_y - (p_x - 1)*max(0, r_y - 4)`.

    `order`: symbols in the order in which they are written; `values`: numbers to write in their place; `dims`: names of
    the dims of functions that count sets (`x1`, `x2` ... where they are not known), `index`: what they index.
    """

    order: Sequence[sympy.Symbol] = ()
    values: Mapping[sympy.Symbol, int] = field(default_factory=dict)
    dims: tuple[str, ...] = ()
    index: str = ""

    times = "*"
    names: Mapping[str, str] = field(default_factory=lambda: {"Max": "max", "Min": "min"}, repr=False)

    def __call__(self, expression: sympy.Basic) -> str:
        return self._write(expression)[0]

    def _write(self, node: sympy.Basic) -> tuple[str, int]:
        """The text and how tightly it binds."""
        if isinstance(node, sympy.Symbol):
            return (self.symbol(node) if node not in self.values else self.integer(self.values[node])), ATOM
        if isinstance(node, sympy.Integer):
            return self.integer(int(node)), ATOM if node >= 0 else SUM
        if isinstance(node, sympy.Add):
            return self._sum(node), SUM
        if isinstance(node, sympy.Mul | sympy.Rational):
            return self._product(node)
        if isinstance(node, sympy.Pow):
            return self.power(self._tight(node.base, ATOM), self(node.exp)), POWER
        if isinstance(node, sympy.Max | sympy.Min):
            arguments = sorted(node.args, key=self._rank)
            return self.call(self.names[type(node).__name__], [self(a) for a in arguments]), ATOM
        if isinstance(node, sympy.floor | sympy.ceiling):
            return self.rounded(self(node.args[0]), up=isinstance(node, sympy.ceiling)), ATOM
        if isinstance(node, sympy.core.relational.Relational):
            return f"{self(node.lhs)} {self.relation(node)} {self(node.rhs)}", SUM
        return self.counted(node), ATOM

    def _tight(self, node: sympy.Basic, least: int) -> str:
        text, binding = self._write(node)
        return text if binding >= least else self.parenthesis(text)

    # ---- order ----------------------------------------------------------------------------------

    def _rank(self, node: sympy.Basic) -> tuple[object, ...]:
        """Numbers, then symbols in the given order, then the rest by what stands in it."""
        if isinstance(node, sympy.Integer):
            return (0, int(node))
        places = sorted(self._place(s) for s in node.free_symbols)
        return (1 if node.is_Symbol else 2, places, node.count_ops(), str(node))

    def _place(self, symbol: sympy.Basic) -> tuple[int, str]:
        place = self.order.index(symbol) if symbol in self.order else len(self.order)
        return (place, str(symbol))

    def _sum(self, node: sympy.Add) -> str:
        """Positive terms first, the simple ones before the others."""
        terms = [(t.could_extract_minus_sign(), t) for t in node.args]
        terms.sort(key=lambda s: (s[0], s[1].is_Integer, s[1].count_ops() if not s[0] else 0, self._rank(s[1])))
        first, *rest = terms
        text = self._tight(first[1], PRODUCT)
        for negative, term in rest:
            text += f" - {self._tight(-term, PRODUCT)}" if negative else f" + {self._tight(term, PRODUCT)}"
        return text

    def _product(self, node: sympy.Expr) -> tuple[str, int]:
        if node.could_extract_minus_sign():
            return f"-{self._tight(-node, PRODUCT)}", SUM
        over, under = node.as_numer_denom()
        if under != 1:
            return self.fraction(over, under), PRODUCT
        parts = sorted(sympy.Mul.make_args(over), key=self._rank)
        return self.times.join(self._tight(p, POWER) for p in parts), PRODUCT if len(parts) > 1 else ATOM

    # ---- notation -------------------------------------------------------------------------------

    def symbol(self, symbol: sympy.Symbol) -> str:
        return symbol.name

    def integer(self, value: int) -> str:
        return f"{value}"

    def parenthesis(self, text: str) -> str:
        return f"({text})"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}**{exponent}"

    def call(self, name: str, arguments: list[str]) -> str:
        return f"{name}({', '.join(arguments)})"

    def rounded(self, text: str, *, up: bool) -> str:
        return f"{'ceil' if up else 'floor'}({text})"

    def fraction(self, over: sympy.Expr, under: sympy.Expr) -> str:
        return f"{self._tight(over, PRODUCT)}/{self._tight(under, ATOM)}"

    def relation(self, node: sympy.Basic) -> str:
        return str(node.rel_op)

    # ---- functions that count sets --------------------------------------------------------------

    def counted(self, node: sympy.Basic) -> str:
        """`#{2p + 3r : p < p_spad, r < 3}`: different values; what moves or is copied follows."""
        kind = type(node).__name__
        if kind not in ("Footprint", "Union", "Overlap", "FreshUnion"):
            return self.call(kind, [self(a) for a in node.args])
        coefficients, extents, *rest = node.args
        box = ", ".join(f"{d} < {self(e)}" for d, e in zip(self._dims(extents), extents, strict=True))
        further = [f"{self._copies(copy)}" for copy in rest[0]] if kind in ("Union", "FreshUnion") else []
        if kind in ("Overlap", "FreshUnion"):
            axis, shift = rest[-2:]
            dim = self._dims(extents)[int(axis)]
            shared = f"and again {self(shift)} further in {dim}"
            fresh = f"{self(shift)} further in {dim}, less what was there"
            further.insert(0, shared if kind == "Overlap" else fresh)
        return f"#{{{self._index(coefficients)} : {'; '.join([box, *further])}}}"

    def _dims(self, extents: sympy.Tuple) -> tuple[str, ...]:
        return self.dims if len(self.dims) == len(extents) else tuple(f"x{i + 1}" for i in range(len(extents)))

    def _index(self, coefficients: sympy.Tuple) -> str:
        dims = self._dims(coefficients)
        if self.index and dims == self.dims:
            return self.index
        return " + ".join(d if c == 1 else f"{c}{d}" for c, d in zip(coefficients, dims, strict=True))

    def _copies(self, copy: sympy.Tuple) -> str:
        axis, factor, pitch = copy
        dims = self.dims or tuple(f"x{i + 1}" for i in range(int(axis) + 1))
        return f"{self(factor)} copies {self(pitch)} apart in {dims[int(axis)]}"


class Latex(Plain):
    """The same in LaTeX's mathematical mode."""

    times = r" \cdot "

    def symbol(self, symbol: sympy.Symbol) -> str:
        letter, _, place = symbol.name.partition("_")
        letter = letter if len(letter) == 1 else rf"\mathit{{{letter}}}"
        if not place:
            return letter
        upright = len(place) > 1 and symbol.name[0].islower()
        place = place.replace("_", r"\_")
        subscript = rf"\mathrm{{{place}}}" if upright else place
        return f"{letter}_{{{subscript}}}"

    def integer(self, value: int) -> str:
        return f"{value:,}".replace(",", r"\,")

    def parenthesis(self, text: str) -> str:
        return rf"\left({text}\right)"

    def power(self, base: str, exponent: str) -> str:
        return f"{base}^{{{exponent}}}"

    def call(self, name: str, arguments: list[str]) -> str:
        known = name in ("max", "min")
        return rf"\{name if known else f'operatorname{{{name}}}'}\left({', '.join(arguments)}\right)"

    def rounded(self, text: str, *, up: bool) -> str:
        return rf"\left\lceil {text} \right\rceil" if up else rf"\left\lfloor {text} \right\rfloor"

    def fraction(self, over: sympy.Expr, under: sympy.Expr) -> str:
        return rf"\frac{{{self(over)}}}{{{self(under)}}}"

    def relation(self, node: sympy.Basic) -> str:
        return {">=": r"\ge", "<=": r"\le", "<": "<", ">": ">", "==": "=", "!=": r"\ne"}.get(node.rel_op, node.rel_op)

    def counted(self, node: sympy.Basic) -> str:
        kind = type(node).__name__
        if kind not in ("Footprint", "Union", "Overlap", "FreshUnion"):
            return self.call(kind, [self(a) for a in node.args])
        coefficients, extents, *rest = node.args
        box = r",\ ".join(rf"0 \le {d} < {self(e)}" for d, e in zip(self._dims(extents), extents, strict=True))
        words = rf"\{{{self._index(coefficients)} : {box}\}}"
        if kind in ("Overlap", "FreshUnion"):
            axis, shift = rest[-2:]
            moved = rf"\left({words} + {self(coefficients[int(axis)] * shift)}\right)"
            words = rf"{words} \cap {moved}" if kind == "Overlap" else rf"{moved} \setminus {words}"
        if kind in ("Union", "FreshUnion"):
            words = self._united(coefficients, words, rest[0])
        return rf"\left|{words}\right|"

    def _united(self, coefficients: sympy.Tuple, words: str, spread: sympy.Tuple) -> str:
        under, moves = [], []
        for number, (axis, factor, pitch) in enumerate(spread, 1):
            under.append(rf"0 \le k_{{{number}}} < {self(factor)}")
            moves.append(rf"{self(coefficients[int(axis)] * pitch)} \, k_{{{number}}}")
        indices, move = r",\ ".join(under), " + ".join(moves)
        return rf"\bigcup_{{{indices}}} \left({words} + {move}\right)"
