"""The parse tables: loaded from `tables.json`, which `generate.py` makes from `grammar/npu.lark`.

Building the tables takes half a second, loading them some hundredths. The format is JSON (lark's own is pickle, which
would run what it reads). Tables of another lark version are not trusted: the grammar is built instead.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import lark
from lark import Lark

from .newlines import Newlines

TABLES_FILE = Path(__file__).with_name("tables.json")
START = "start"
EXPRESSION = "expression"

# In a checkout the grammar stands at the top; in the wheel it is part of the package's data.
_GRAMMAR_FILES = (
    Path(__file__).parents[2] / "grammar" / "npu.lark",
    Path(__file__).parents[1] / "_data" / "grammar" / "npu.lark",
)


@cache
def language() -> Lark:
    """The parser of the language: starts at `START` (a file) or `EXPRESSION`."""
    tables = _read_tables()
    if tables is None or tables.get("lark") != lark.__version__:
        return build(grammar_text())
    memo = {int(key): value for key, value in tables["memo"].items()}
    return Lark._load_from_dict(_with_integer_states(tables["data"]), memo, postlex=Newlines())


def build(grammar: str, *, strict: bool = False) -> Lark:
    """Build the parser from the text of the grammar; `strict` also refuses ambiguous terminals (needs interegular)."""
    return Lark(
        grammar,
        parser="lalr",
        lexer="contextual",
        strict=strict,
        postlex=Newlines(),
        start=[START, EXPRESSION],
        propagate_positions=True,
    )


def fingerprint(grammar: str) -> str:
    """What tells whether tables were made from this text."""
    return hashlib.sha256(grammar.encode()).hexdigest()


def grammar_text() -> str:
    """The grammar's text. Raises FileNotFoundError when the installation is broken."""
    for path in _GRAMMAR_FILES:
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise FileNotFoundError(_GRAMMAR_FILES[0])


def _read_tables() -> dict[str, Any] | None:
    try:
        return json.loads(TABLES_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _with_integer_states(data: dict[str, Any]) -> dict[str, Any]:
    """JSON has made strings of the integer keys of the state tables: undo it."""
    table = data["parser"]["parser"]
    table["tokens"] = {int(key): name for key, name in table["tokens"].items()}
    table["states"] = {
        int(state): {int(token): action for token, action in actions.items()}
        for state, actions in table["states"].items()
    }
    return data
