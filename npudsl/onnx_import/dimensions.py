"""Dynamic dimensions of a model: which parameters the network gets, and what is known of their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .errors import OnnxError
from .names import RESERVED, identifier
from .sizes import Size, floor, show, variable

_TOKEN = re.compile(r"\s*(?:(\d+)|([A-Za-z_][A-Za-z0-9_.]*)|(//|[-+*()]))")


@dataclass
class Dimensions:
    """`given`: values by name (`--set`). `fixed`: put these in place of the dimensions, which are then no parameters.

    `defaults`: parameter -> its default, None without one; in order of appearance.
    """

    given: Mapping[str, int]
    fixed: bool = False
    defaults: dict[str, int | None] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _inner: set[str] = field(default_factory=set)

    def named(self, text: str, *, first: bool) -> Size:
        """The size that a name in the file stands for, or a sum or product of names. `first`: of the first axis."""
        parsed = self._parsed(text, first)
        return self._variable(text, first) if parsed is None else parsed

    def unnamed(self, tensor: str, axis: int) -> Size:
        """A size that the file leaves open without a name."""
        return self._variable("batch" if axis == 0 else f"{tensor}_{axis}", axis == 0)

    def existing(self, text: str) -> Size | None:
        """The size of a name that an input has; None for others."""
        name = self._names.get(text)
        if name is None:
            return None
        value = self._value(name)
        return value if self.fixed and value is not None else variable(name)

    def check_given(self) -> None:
        """Raises `OnnxError` if `--set` names something that the model does not have."""
        unknown = sorted(set(self.given) - set(self.defaults) - set(self._names))
        if unknown:
            there = ", ".join(self.defaults) or "none"
            raise OnnxError(f"the model has no dynamic dimension `{unknown[0]}`; it has: {there}")

    def parameters(self) -> dict[str, int | None]:
        """The parameters of the network. Without a value, a dimension that is only ever a first axis (a batch) is 1."""
        if self.fixed:
            return {n: None for n in self.defaults if n not in self.given and self._value(n) is None}
        return {name: self._value(name) or (None if name in self._inner else 1) for name in self.defaults}

    def _value(self, name: str) -> int | None:
        raw = next((r for r, n in self._names.items() if n == name and r in self.given), name)
        return self.given.get(name, self.given.get(raw))

    def _variable(self, text: str, first: bool) -> Size:
        name = self._names.get(text)
        if name is None:
            base = identifier(text) or "size"
            name, count = f"{base}_size" if base in RESERVED else base, 1
            while name in self._names.values():
                count += 1
                name = f"{base}_{count}"
            self._names[text] = name
        self.defaults.setdefault(name, None)
        if not first:
            self._inner.add(name)
        value = self._value(name)
        return value if self.fixed and value is not None else variable(name)

    def _parsed(self, text: str, first: bool) -> Size | None:
        """`past_sequence + sequence`, as some exporters write; None if the text is a plain name or cannot be read."""
        tokens: list[re.Match[str]] = []
        at = 0
        while at < len(text) and len(tokens) < 64:
            found = _TOKEN.match(text, at)
            if not found or found.end() == at:
                return None
            tokens.append(found)
            at = found.end()
        if len(tokens) < 2 or at < len(text.rstrip()):
            return None
        try:
            size, rest = self._sum(tokens, first, 0)
        except (IndexError, ValueError, RecursionError):
            return None
        return size if not rest else None

    def _sum(self, tokens: list[re.Match[str]], first: bool, depth: int) -> tuple[Size, list[re.Match[str]]]:
        left, tokens = self._product(tokens, first, depth)
        while tokens and tokens[0][3] in ("+", "-"):
            sign = 1 if tokens[0][3] == "+" else -1
            right, tokens = self._product(tokens[1:], first, depth)
            left = left + sign * right
        return left, tokens

    def _product(self, tokens: list[re.Match[str]], first: bool, depth: int) -> tuple[Size, list[re.Match[str]]]:
        left, tokens = self._one(tokens, first, depth)
        while tokens and tokens[0][3] in ("*", "//"):
            times = tokens[0][3] == "*"
            right, tokens = self._one(tokens[1:], first, depth)
            left = left * right if times else floor(left, right)
        return left, tokens

    def _one(self, tokens: list[re.Match[str]], first: bool, depth: int) -> tuple[Size, list[re.Match[str]]]:
        head, rest = tokens[0], tokens[1:]
        if head[1]:
            return int(head[1]), rest
        if head[2]:
            return self._variable(head[2], first), rest
        if head[3] != "(" or depth > 20:
            raise ValueError(head[3])
        inner, rest = self._sum(rest, first, depth + 1)
        if rest[0][3] != ")":
            raise ValueError(show(inner))
        return inner, rest[1:]
