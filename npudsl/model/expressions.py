"""What closed forms are made of: numbers, symbols, sums, products of powers, and calls of counting functions.

A search writes down thousands of closed forms and compares and evaluates them far more often than anyone reads one. So
they are plain immutable data with hashes that are computed once; `symbolic.py` gives the sympy expression of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Protocol

#: What a function is called with: an expression, a number, a name, or a tuple of arguments.
Argument = Any


class Values(Protocol):
    """The value of every argument, and the functions that are called."""

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]: ...

    def __call__(self, argument: Argument, /) -> Any: ...


class Expression:
    """An exact closed form. Equal expressions are those that were written alike.

    `*`, `/`, `+` and `-` make expressions of expressions and whole numbers.
    """

    __slots__ = ("_hash",)
    _hash: int

    @property
    def symbols(self) -> frozenset[Symbol]:
        """All that occur in it."""
        return frozenset(part for part in occurring(self) if isinstance(part, Symbol))

    def within(self, symbols: frozenset[Symbol]) -> bool:
        """Whether no others occur in it."""
        return all(part.within(symbols) for part in self.parts())

    def value(self, at: Values) -> Any:
        """The value, given the values of its parts."""
        raise NotImplementedError

    def parts(self) -> Iterator[Expression]:
        """The expressions that it is directly made of; a number and a symbol of none."""
        return iter(())

    def _content(self) -> Any:
        """What makes it equal to another of its class."""
        raise NotImplementedError

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or self._hash != other._hash:
            return False
        return bool(self._content() == other._content())

    def __reduce__(self) -> Any:
        return _made, (type(self), self._content())  # hashes differ from process to process

    def __mul__(self, other: Expression) -> Expression:
        return multiply((self, other))

    def __truediv__(self, other: Expression) -> Expression:
        return _powers(((self, 1), (other, -1)))

    def __add__(self, other: Expression) -> Expression:
        return Sum.of(((1, self), (1, other)))

    def __sub__(self, other: Expression) -> Expression:
        return Sum.of(((1, self), (-1, other)))


class Number(Expression):
    """A whole number."""

    __slots__ = ("number",)

    def __init__(self, number: int):
        self.number, self._hash = number, hash(("number", number))

    def value(self, at: Values) -> int:
        return self.number

    def _content(self) -> int:
        return self.number

    def __repr__(self) -> str:
        return str(self.number)


class Symbol(Expression):
    """A factor or a bound: a positive whole number."""

    __slots__ = ("name",)

    def __init__(self, name: str):
        self.name, self._hash = name, hash(("symbol", name))

    def within(self, symbols: frozenset[Symbol]) -> bool:
        return self in symbols

    def value(self, at: Values) -> Any:
        raise LookupError(f"no value for {self.name}")

    def _content(self) -> str:
        return self.name

    def __repr__(self) -> str:
        return self.name


class Powers(Expression):
    """A product of powers: `factors` are (base, exponent) pairs of different bases, in a canonical order."""

    __slots__ = ("factors",)

    def __init__(self, factors: tuple[tuple[Expression, int], ...]):
        self.factors, self._hash = factors, hash(("powers", factors))

    def value(self, at: Values) -> Any:
        found: Any = 1
        for base, exponent in self.factors:
            found = found * at(base) if exponent == 1 else found * at(base) ** exponent
        return found

    def parts(self) -> Iterator[Expression]:
        return (base for base, _ in self.factors)

    def _content(self) -> tuple[tuple[Expression, int], ...]:
        return self.factors

    def __repr__(self) -> str:
        return "*".join(f"({base!r})" + (f"**{exponent}" if exponent != 1 else "") for base, exponent in self.factors)


class Sum(Expression):
    """`terms`: (weight, expression) pairs of different expressions, in the order in which they were added."""

    __slots__ = ("terms",)

    def __init__(self, terms: tuple[tuple[int, Expression], ...]):
        self.terms, self._hash = terms, hash(("sum", terms))

    @staticmethod
    def of(terms: Iterable[tuple[int, Expression]]) -> Expression:
        """Equal terms as one; what cancels is dropped."""
        total: dict[Expression, int] = {}
        for weight, expression in terms:
            for share, term in expression.terms if isinstance(expression, Sum) else ((1, expression),):
                total[term] = total.get(term, 0) + weight * share
        found = tuple((weight, term) for term, weight in total.items() if weight)
        match found:
            case ():
                return ZERO
            case ((1, alone),):
                return alone
        return Sum(found)

    def value(self, at: Values) -> Any:
        return sum(weight * at(term) for weight, term in self.terms)

    def parts(self) -> Iterator[Expression]:
        return (term for _, term in self.terms)

    def _content(self) -> tuple[tuple[int, Expression], ...]:
        return self.terms

    def __repr__(self) -> str:
        return " + ".join(f"{weight}*({term!r})" for weight, term in self.terms)


class Call(Expression):
    """A counting function (`functions.EXACT`) with its arguments."""

    __slots__ = ("arguments", "function")

    def __init__(self, function: str, *arguments: Argument):
        self.function, self.arguments = function, arguments
        self._hash = hash((function, arguments))

    def value(self, at: Values) -> Any:
        return at.functions[self.function](*[at(argument) for argument in self.arguments])

    def parts(self) -> Iterator[Expression]:
        return _expressions(self.arguments)

    def _content(self) -> tuple[Argument, ...]:
        return (self.function, *self.arguments)

    def __repr__(self) -> str:
        return f"{self.function}{self.arguments!r}"


def _made(kind: type[Expression], content: Any) -> Expression:
    make: Any = kind
    return make(*content) if kind is Call else make(content)


def _expressions(argument: Argument) -> Iterator[Expression]:
    if isinstance(argument, Expression):
        yield argument
    elif isinstance(argument, tuple):
        for part in argument:
            yield from _expressions(part)


ZERO, ONE = Number(0), Number(1)


def powers_of(expression: Expression) -> tuple[tuple[Expression, int], ...]:
    """The (base, exponent) pairs that an expression is the product of; none of 1."""
    if isinstance(expression, Powers):
        return expression.factors
    return () if expression == ONE else ((expression, 1),)


def occurring(expression: Expression) -> Iterator[Expression]:
    """The expression and everything in it."""
    yield expression
    for part in expression.parts():
        yield from occurring(part)


def multiply(factors: Iterable[Expression]) -> Expression:
    """The product; 1 of none."""
    return _powers((factor, 1) for factor in factors)


def _powers(factors: Iterable[tuple[Expression, int]]) -> Expression:
    total: dict[Expression, int] = {}
    for expression, sign in factors:
        for base, exponent in powers_of(expression):
            total[base] = total.get(base, 0) + sign * exponent
    if ZERO in total:
        return ZERO
    found = [(base, exponent) for base, exponent in total.items() if exponent]
    match found:
        case []:
            return ONE
        case [(alone, 1)]:
            return alone
    return Powers(tuple(sorted(found, key=_place)))


def _place(factor: tuple[Expression, int]) -> tuple[bool, str]:
    """Symbols first, by name, then all else by what is written."""
    base = factor[0]
    return (False, base.name) if isinstance(base, Symbol) else (True, repr(base))


# ---- expressions that closed forms have in common, each made once -----------------------------------


@lru_cache(maxsize=1 << 12)
def symbol(name: str) -> Symbol:
    """The symbol of a factor or a bound."""
    return Symbol(name)


def bound_symbol(dim: str) -> Symbol:
    """The bound of a dim in closed forms."""
    return symbol(f"N_{dim}")


@lru_cache(maxsize=1 << 14)
def product(symbols: tuple[Symbol, ...]) -> Expression:
    """1 of none."""
    return multiply(symbols)


@lru_cache(maxsize=1 << 14)
def swept(
    coefficients: tuple[int, ...],
    extents: tuple[Expression, ...],
    spread: tuple[tuple[int, Expression, Expression], ...],
    outer: Expression,
    sweeping: tuple[int, Expression, Expression] | None,
) -> Expression:
    """`outer` times the union of tiles, and what a sweep brings along an axis, by a shift, each of its next times."""
    whole = Call("Union", coefficients, extents, spread) if spread else Call("Footprint", coefficients, extents)
    if sweeping is None:
        return outer * whole
    axis, shift, factor = sweeping
    if spread:
        fresh: Expression = Call("FreshUnion", coefficients, extents, spread, axis, shift)
    else:
        fresh = whole - Call("Overlap", coefficients, extents, axis, shift)
    return outer * (whole + (factor - ONE) * fresh)
