"""Derivations in Python: `best["conv2"].explain("glb", "input", "read")`, and where two mappings differ."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..mapping.evaluation import Evaluation
from ..mapping.nest import Mapping as Nest
from ..spec.arch import Arch
from ..spec.op import Layer
from ..text.suggest import nearest

if TYPE_CHECKING:
    import sympy

    from ..model.derivation.compare import Comparison
    from ..model.derivation.explain import Derivations
    from ..model.derivation.terms import Counter, Term

ACTIONS = ("read", "write", "link")


@dataclass(frozen=True)
class Explained:
    """One mapping of one layer, whose counters can be taken apart."""

    arch: Arch
    layer: Layer
    nest: Nest

    def derivations(self) -> Derivations:
        from ..model.derivation.explain import Derivations

        return Derivations(self.arch, self.layer, self.nest)

    def counter(self, place: str, tensor: str, action: str) -> Explanation:
        """The closed form of one counter. `place`: a memory, or a link where `action` is `link`.

        Raises `LookupError` for a place or tensor that does not exist or a counter that the mapping does not have,
        `ValueError` for another action.
        """
        if action not in ACTIONS:
            raise ValueError(f"`{action}` is neither `read` nor `write` nor `link`")
        known("link" if action == "link" else "memory", place, places(self.arch, links=action == "link"))
        known("tensor", tensor, [t.name for t in self.layer.op.tensors])
        derivations = self.derivations()
        if (place, tensor, action) not in derivations.keys:
            raise LookupError(f"`{place}` does not {'carry' if action == 'link' else 'hold'} `{tensor}` here")
        about = f"{self.layer.name} on {self.arch.name}"
        return Explanation(derivations.counter(place, tensor, action), about)


@dataclass(frozen=True)
class Explanation:
    """A counter with its derivation: `print` it, or take its parts."""

    counter: Counter
    about: str

    @property
    def expression(self) -> sympy.Expr:
        """The closed form in the factors of the loops (`m_dram`) and the bounds (`N_m`)."""
        return self.counter.expression

    @property
    def value(self) -> int:
        """Words over the whole layer and all instances."""
        return self.counter.value

    @property
    def values(self) -> Mapping[sympy.Symbol, int]:
        """The numbers of the symbols."""
        return self.counter.values

    @property
    def terms(self) -> tuple[Term, ...]:
        """What adds up to the counter, each with its sentence and its factors."""
        return self.counter.terms

    def at(self, **factors: int) -> int:
        """The closed form for other numbers of some symbols, for example `at(m_dram=3, m_glb=2)`.

        Nothing is checked: factors that do not belong together give a number that no mapping has.
        Raises `LookupError` for a symbol that does not occur.
        """
        from ..model.symbolic import SymbolicNumbers

        symbols = {symbol.name: symbol for symbol in self.values}
        for name in factors:
            known("symbol", name, symbols)
        return SymbolicNumbers({**self.values, **{symbols[n]: v for n, v in factors.items()}})(self.expression)

    def text(self, width: int = 100) -> str:
        """The derivation as `npudsl explain` prints it."""
        from ..report.formula_text import counter_text

        return counter_text(self.counter, about=self.about, width=width)

    def latex(self) -> str:
        """The derivation in LaTeX (needs `amsmath`)."""
        from ..report.formula_latex import counter_latex

        return counter_latex(self.counter)

    def record(self) -> dict[str, object]:
        """The derivation as `npudsl explain --json` prints it."""
        from ..report.formula_records import counter_record

        return counter_record(self.counter)

    def __str__(self) -> str:
        return self.text()


def compared(first: tuple[str, Explained, Evaluation], second: tuple[str, Explained, Evaluation]) -> Comparison:
    """Two mappings of the same layer, each with its name and evaluation. Names that are equal are told apart."""
    from ..model.derivation.compare import Side, compare

    sides = [Side(name, explained.derivations(), evaluation) for name, explained, evaluation in (first, second)]
    if sides[0].name == sides[1].name:
        sides = [replace(side, name=f"{side.name} ({n})") for n, side in enumerate(sides, 1)]
    return compare(*sides)


def places(arch: Arch, *, links: bool) -> list[str]:
    """Names of the memories, or of the links."""
    return list(_links(arch)) if links else [m.name for m in arch.memories]


def _links(arch: Arch) -> Iterator[str]:
    return (link.name for array in arch.arrays for link in array.links)


def known(kind: str, name: str, names: Collection[str]) -> None:
    """Raises `LookupError` with near names if there is no such thing."""
    if name not in names:
        near = nearest(name, names)
        raise LookupError(
            f"no {kind} `{name}`; " + (f"did you mean `{near}`?" if near else f"there are: {', '.join(names)}")
        )
