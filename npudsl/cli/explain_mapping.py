"""`npudsl explain FILE`: the closed forms of a mapping with their derivation, or where two mappings differ."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..spec.loader import SUFFIX
from ..text.diagnostics import Diagnostic, SpecError
from ..text.suggest import nearest
from .options import add_json, add_search, add_settings, settings_of
from .output import Failed, check_writable, put, write_json
from .screen import draw, width

if TYPE_CHECKING:
    from ..api.explained import Counter, Derivations, Explained
    from ..api.mapped import Mapped

#: Options that mean something for a file only.
OWN = ("mapping", "against", "memory", "tensor", "action", "latex", "json", "batch", "settings", "search")
#: Columns of text: never wider, and not narrower where there is no terminal.
WIDEST = 120


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl explain FILE`."""
    parser.add_argument("--mapping", metavar="NAME", help="a complete mapping of the file (default: its only one)")
    parser.add_argument("--memory", metavar="NAME", help="counters of this memory (or link)")
    parser.add_argument("--tensor", metavar="NAME", help="counters of this tensor")
    parser.add_argument("--action", choices=("read", "write", "link"), help="words read, written, or carried by a link")
    parser.add_argument("--against", metavar="NAME", help="another mapping: where the difference in energy comes from")
    parser.add_argument("--latex", action="store_true", help="formulas in LaTeX")
    add_settings(parser)
    add_search(parser)
    add_json(parser)


def is_file(target: str) -> bool:
    """Whether the argument of `npudsl explain` is a file rather than a code."""
    return target.endswith(SUFFIX) or "/" in target


def check_usage(arguments: argparse.Namespace) -> None:
    """Raises `Failed` (2) for options that need a file."""
    given = [name for name in OWN if getattr(arguments, name)]
    if given:
        option = {"settings": "set"}.get(given[0], given[0])
        raise Failed(f"`--{option}` needs a file: `npudsl explain FILE --mapping NAME`", 2)


def run(arguments: argparse.Namespace) -> int:
    """0. Raises `SpecError`: what is wrong in the file, E713 for a counter that does not exist, E714 for two mappings
    that are not of one layer."""
    check_writable(arguments.json)
    if arguments.against is not None and (arguments.latex or arguments.action):
        raise Failed("`--against` compares all counters; it does not go with `--latex` and `--action`", 2)

    from ..api.mapped import find_mapping
    from ..spec.loader import load

    program = load(arguments.code, search=arguments.search)
    found = find_mapping(program, arguments.mapping, settings_of(arguments))
    if arguments.against is not None:
        return _compare(arguments, found, find_mapping(program, arguments.against, settings_of(arguments)))
    return _explain(arguments, found)


def _explain(arguments: argparse.Namespace, found: Mapped) -> int:
    from ..report import formula_records
    from ..report.formula_latex import counter_latex
    from ..report.formula_overview import overview
    from ..report.formula_text import counter_text

    derivations = _explained(found).derivations()
    counters = list(_chosen(arguments, derivations))
    everything = not (arguments.memory or arguments.tensor or arguments.action)
    if arguments.json != "-":
        about = f"{found.layer.name} on {found.arch.name}, mapping {found.mapping.name}"
        if arguments.latex:
            put("\n".join(counter_latex(c) for c in counters))
        elif everything:
            draw(overview(found.mapping.name, derivations, found.evaluate().cost))
        else:
            columns = min(width(), WIDEST)
            put("\n\n".join(counter_text(c, about=about, width=columns) for c in counters))
    if arguments.json is not None:
        write_json(formula_records.explained(found.mapping.name, found.layer.name, counters), arguments.json)
    return 0


def _explained(found: Mapped) -> Explained:
    from ..api.explained import Explained

    return Explained(found.arch, found.layer, found.mapping)


def _chosen(arguments: argparse.Namespace, derivations: Derivations) -> Iterator[Counter]:
    """The counters that `--memory`, `--tensor` and `--action` leave. Raises `SpecError` (E713) if there is none."""
    keys = derivations.keys
    scene = derivations.scene
    links = [link.name for array in scene.arch.arrays for link in array.links]
    _check_name("memory", arguments.memory, [*(m.name for m in scene.arch.memories), *links])
    _check_name("tensor", arguments.tensor, [t.name for t in scene.layer.op.tensors])
    wanted = (arguments.memory, arguments.tensor, arguments.action)
    chosen = [key for key in keys if all(w is None or w == part for w, part in zip(wanted, key, strict=True))]
    if not chosen:
        raise SpecError(_nothing(wanted, keys))
    return (derivations.counter(*key) for key in chosen)


def _check_name(kind: str, name: str | None, names: list[str]) -> None:
    if name is None or name in names:
        return
    near = nearest(name, names)
    owner = "the machine" if kind == "memory" else "the layer"
    raise SpecError(
        Diagnostic(
            "E713",
            f"{owner} has no {kind} `{name[:80]}`",
            notes=() if near else (f"there are {', '.join(names)}",),
            help=f"did you mean `{near}`?" if near else None,
        )
    )


def _nothing(wanted: tuple[str | None, str | None, str | None], keys: tuple[tuple[str, str, str], ...]) -> Diagnostic:
    place, tensor, action = wanted
    what = " ".join(part for part in (".".join(p for p in (place, tensor) if p), action) if part)
    there = [f"{t} {a}" for p, t, a in keys if place in (None, p)]
    return Diagnostic(
        "E713",
        f"this mapping has no counter `{what}`",
        notes=(f"{place or 'it'} has {', '.join(there)}",) if there else (f"it does not use {place}",),
    )


# ---- two mappings ------------------------------------------------------------------------------


def _compare(arguments: argparse.Namespace, first: Mapped, second: Mapped) -> int:
    if first.layer.problem != second.layer.problem:
        raise SpecError(_other_layer(first, second))

    from ..api.explained import compared
    from ..report import formula_records
    from ..report.formula_compare import comparison_text

    sides = [(one.mapping.name, _explained(one), one.evaluate()) for one in (first, second)]
    found = compared(*sides).only(arguments.memory, arguments.tensor)
    if arguments.json != "-":
        put(comparison_text(found, width=min(width(), WIDEST)))
    if arguments.json is not None:
        write_json(formula_records.compared(found), arguments.json)
    return 0


def _other_layer(first: Mapped, second: Mapped) -> Diagnostic:
    return Diagnostic(
        "E714",
        f"mapping `{first.mapping.name}` is for `{first.layer.name}`, `{second.mapping.name}` for a different layer",
        notes=(f"`{second.layer.name}` has another operator or other bounds: its counts mean something else",),
        help="compare two mappings of the same layer",
    )
