"""What the grammar's terminals are called when the user is told about them, and how each statement is written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from lark.lexer import PatternStr

from .newlines import END, NEWLINE
from .scan import OPERATOR
from .tables import language

_INFIX: Final = OPERATOR - {"NOT", "MINUS", "_IF"}
_OPERAND: Final = frozenset({"NUMBER", "STRING", "NAME", "LPAR", "LSQB", "MINUS", "NOT", "_IF"})
_GOES_ON_WITH: Final = frozenset({"UNIT", "DOT", "LSQB", "LPAR", "QUESTION"})
_MOST_LISTED: Final = 12
_WORD: Final = re.compile(r"[a-z]+\\b")  # how the grammar writes a keyword

_WORDS: Final = {
    "NAME": "a name",
    "NUMBER": "a number",
    "STRING": 'a text in `"`',
    "UNIT": "a unit",
    "REDUCE": "`+=`, `max=`, `min=` or `=`",
    "CMPOP": "a comparison",
    "SUMOP": "`+` or `-`",
    "MULOP": "`*`, `/`, `//` or `%`",
    "REST": "`..`",
    NEWLINE: "the end of the line",
    END: "the end of the file",
}

FORMS: Final = {
    "import": "an import is written `import PATH` or `import PATH as NAME`",
    "let": "a value gets a name by `let NAME = EXPRESSION`",
    "assert": 'an assertion is written `assert CONDITION` or `assert CONDITION, "MESSAGE"`',
    "require": 'a requirement is written `require CONDITION` or `require CONDITION, "MESSAGE"`',
    "table": "a table is written `table NAME(KEY: DIMENSION) : DIMENSION MODE { KEY => VALUE ... }`",
    "component": "a component is written `component NAME(PARAMETER: TYPE = DEFAULT, ...) : KIND { ... }`",
    "arch": "an architecture is written `arch NAME(PARAMETER: TYPE = DEFAULT, ...) { ... }`",
    "memory": "an instance is written `memory NAME : COMPONENT(...)`",
    "link": "an instance is written `link NAME : COMPONENT(...)`",
    "compute": "an instance is written `compute NAME : COMPONENT(...)`",
    "level": "a level is written `level NAME { memory ... }`",
    "array": "an array is written `array NAME[AXIS = SIZE, ...] { ... }`",
    "op": "an operator is written `op NAME(PARAMETER: TYPE = DEFAULT, ...) { dims ... }`, then its equation",
    "dims": "the dims are written `dims NAME, NAME, ...`",
    "network": "a network is written `network NAME(PARAMETER: TYPE = DEFAULT, ...) { ... }`",
    "tensor": "a tensor is written `tensor NAME[DIM = SIZE, ...]`",
    "layer": "a layer is written `layer NAME = OPERATOR[DIM = SIZE, ...](PARAMETER = VALUE, ...)`",
    "mapping": "a mapping is written `mapping NAME for LAYER on ARCHITECTURE { ... }`",
    "keep": "an optional tensor is kept by `keep MEMORY.TENSOR`",
    "bypass": "a memory is skipped by `bypass MEMORY.TENSOR`",
    "explore": "a study is written `explore NAME { vary ... run ... minimize ... }`",
    "vary": "values are varied by `vary NAME in [A, B, ...]` or `vary NAME in LOW .. HIGH by STEP`",
    "run": "a run is written `run NETWORK on ARCHITECTURE` or `run NETWORK on ARCHITECTURE using MAPPING`",
    "minimize": "a goal is written `minimize QUANTITY, ...`",
    "maximize": "a goal is written `maximize QUANTITY, ...`",
}
"""Keyword that begins a statement -> how that statement is written."""

DECLARATIONS: Final = frozenset({"import", "table", "component", "arch", "op", "network", "mapping", "explore"})
"""Keywords that begin a declaration and never a statement inside of one."""

CHARACTERS: Final = {
    ";": "a statement ends with its line: leave the `;` out",
    "'": 'a text stands in double quotes: `"..."`',
    "‘": 'a text stands in straight double quotes: `"..."`',
    "’": 'a text stands in straight double quotes: `"..."`',
    "“": 'a text stands in straight double quotes: `"..."`',
    "”": 'a text stands in straight double quotes: `"..."`',
    "&": "write `and`",
    "|": "write `or`",
    "!": "write `not`; unequal is `!=`",
    "×": "write `*`",
    "·": "write `*`",
    "−": "write `-`",
    "≤": "write `<=`",
    "≥": "write `>=`",
    "…": "write `..`, two dots",
}
"""Character that begins nothing -> what to write instead."""


@cache
def spelled() -> dict[str, str]:
    """Terminal -> its text, for the terminals that have only one."""
    words: dict[str, str] = {}
    for terminal in language().terminals:
        value = terminal.pattern.value
        if isinstance(terminal.pattern, PatternStr) or _WORD.fullmatch(value):
            words[terminal.name] = value.removesuffix(r"\b")
    return words


def is_keyword(kind: str) -> bool:
    """Whether a terminal is a word such as `memory`."""
    return spelled().get(kind, "").isalpha()


def expectation(accepted: Iterable[str]) -> str:
    """What could have stood there, as a phrase: "expected `:`". Never lists the ways to go on with an expression."""
    kinds = set(accepted)
    phrases: list[str] = []
    if {"NUMBER", "NAME", "LPAR"} <= kinds:
        kinds -= _OPERAND
        phrases.append("an expression")
    elif kinds & _INFIX:
        kinds -= _INFIX | _GOES_ON_WITH
    if len(kinds) > 1:
        kinds -= {END}
    phrases += sorted((_phrase(kind) for kind in kinds), key=_word_last)
    if len(phrases) > _MOST_LISTED:
        return "not expected here"
    return f"expected {_either(phrases)}" if phrases else "not expected here"


def _phrase(kind: str) -> str:
    return _WORDS.get(kind) or f"`{spelled().get(kind, kind)}`"


def _word_last(phrase: str) -> tuple[bool, str]:
    """Sort key: what is quoted before what is described."""
    return not phrase.startswith("`"), phrase


def _either(phrases: list[str]) -> str:
    if len(phrases) < 2:
        return "".join(phrases)
    return f"{', '.join(phrases[:-1])} or {phrases[-1]}"
