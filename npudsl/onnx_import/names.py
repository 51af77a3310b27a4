"""Names of the file: legal identifiers, each once, recognisable from the model's own names."""

from __future__ import annotations

import re

#: Words that the language keeps for itself, where a name may stand or beside it.
RESERVED = frozenset(
    [
        "if",
        "then",
        "else",
        "and",
        "or",
        "not",
        "import",
        "as",
        "let",
        "assert",
        "require",
        "table",
        "component",
        "memory",
        "compute",
        "link",
        "arch",
        "level",
        "array",
        "op",
        "dims",
        "network",
        "tensor",
        "layer",
        "repeat",
        "mapping",
        "for",
        "on",
        "keep",
        "bypass",
        "any",
        "explore",
        "vary",
        "in",
        "by",
        "run",
        "using",
        "minimize",
        "maximize",
        "inf",
        "true",
        "false",
        "along",
        "max",
        "min",
        "sqrt",
        "abs",
        "ceil",
        "floor",
        "log2",
        "o",
    ]
)
#: Operators whose layers have shorter names, where the model gives none.
SHORT = {
    "BatchNormalization": "norm", "LayerNormalization": "norm", "GroupNormalization": "norm", "MaxPool": "pool",
    "AveragePool": "pool", "GlobalAveragePool": "pool", "GlobalMaxPool": "pool", "Gemm": "fc",
}  # fmt: skip
#: Longest name that is written.
LONGEST = 48


class Names:
    """Gives out names of one file."""

    def __init__(self) -> None:
        self._used: set[str] = set(RESERVED)

    def give(self, wanted: str, fallback: str) -> str:
        """A name like `wanted` that was not given out before; `fallback` if nothing legal is left of it."""
        base = identifier(wanted) or fallback
        name, count = base, 1
        while name in self._used:
            count += 1
            name = f"{base}_{count}"
        self._used.add(name)
        return name


def identifier(text: str) -> str:
    """The letters, digits and underscores of a text as an identifier; empty if there are none.

    Of a path such as `/layer1/layer1.0/conv1/Conv`, parts that the next one repeats are left out.
    """
    parts = [p for p in re.split(r"[/:|]+", text) if p]
    kept = [p for p, after in zip(parts, [*parts[1:], ""], strict=True) if not after.startswith(p + ".")]
    name = re.sub(r"[^A-Za-z0-9]+", "_", "_".join(kept)).strip("_")
    if len(name) > LONGEST:
        tail = name[-LONGEST:]
        name = tail.partition("_")[2].lstrip("_0123456789") or tail.lstrip("_0123456789") or name[:LONGEST]
    return f"n{name}" if name[:1].isdigit() else name


def layer_name(node_name: str, op: str, output: str) -> str:
    """What a layer should be called: its node's name, without the operator at the end; else its output's; else its
    operator's. Names that are only numbered (`n12`, `Conv_3`) say less than the others."""
    path = [p for p in re.split(r"[/]+", node_name) if p]
    if len(path) > 1 and re.fullmatch(rf"{re.escape(op)}(_\d+)?", path[-1]):
        return "/".join(path[:-1]) if path[-1] == op else "/".join([*path[:-1], path[-1].lower()])
    if path and not _is_number(path[-1], op):
        return node_name
    return output if output and not _is_number(output, op) else SHORT.get(op, op.lower())


def _is_number(name: str, op: str) -> bool:
    return re.fullmatch(rf"(?i)([a-z]{{0,2}}|{re.escape(op)}|node_|val_)[_%]*\d*", name) is not None
