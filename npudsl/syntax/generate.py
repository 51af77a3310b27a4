"""Command: write the parse tables. `python -m npudsl.syntax.generate`, from a checkout."""

from __future__ import annotations

import json
import sys
from typing import Any

import lark
from lark.grammar import Rule
from lark.lexer import TerminalDef

from .tables import TABLES_FILE, build, fingerprint, grammar_text

_SHIFT = 0  # lark's number for "shift and go to state"; the other action is to reduce by a rule


def generated(grammar: str) -> str:
    """The content of `tables.json` for a grammar: the same text whenever grammar and lark are the same."""
    data, memo = build(grammar).memo_serialize([TerminalDef, Rule])
    del data["options"]["postlex"]
    data["parser"]["parser"] = _renumbered(data["parser"]["parser"])
    content = {"lark": lark.__version__, "grammar": fingerprint(grammar), "data": data, "memo": memo}
    return json.dumps(content, separators=(",", ":")) + "\n"


def _renumbered(table: dict[str, Any]) -> dict[str, Any]:
    """The state table with states and tokens numbered by their order from the start states.

    lark numbers them in the order of sets of objects, which changes from run to run.
    """
    names: dict[int, str] = table["tokens"]
    states = {s: dict(sorted((names[t], a) for t, a in actions.items())) for s, actions in table["states"].items()}
    number: dict[int, int] = {}
    waiting = [state for _, state in sorted(table["start_states"].items())]
    for state in waiting:
        if state not in number:
            number[state] = len(number)
            waiting += [target for action, target in states[state].values() if action == _SHIFT]
    token = {name: index for index, name in enumerate(sorted(names.values()))}
    return {
        "tokens": {index: name for name, index in token.items()},
        "states": {
            number[state]: {
                token[name]: [action, number[target] if action == _SHIFT else target]
                for name, (action, target) in states[state].items()
            }
            for state in number
        },
        "start_states": {rule: number[state] for rule, state in sorted(table["start_states"].items())},
        "end_states": {rule: number[state] for rule, state in sorted(table["end_states"].items())},
    }


def main() -> int:
    """Write `tables.json`. Returns the exit status."""
    TABLES_FILE.write_text(generated(grammar_text()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
