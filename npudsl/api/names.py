"""What a name on the command line or in a call stands for: a file, or a network of the library."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TypeVar

from ..spec.find import declared_of
from ..spec.loader import SUFFIX, load
from ..spec.program import Program
from ..spec.resources import stdlib_folder
from ..spec.scope import Declared
from ..syntax import tree
from ..text.diagnostics import Diagnostic, SpecError
from ..text.suggest import nearest

T = TypeVar("T")


def find_network(net: str, *, near: Program | None = None) -> tuple[Program, str | None]:
    """The program that has the network `net`, and the network's name there (None: its only one).

    `net` is a path (`nets/mine.npu`, or `nets/mine.npu:small` where a file has several), the name of a network in
    `near`, or one of the library. Raises `SpecError`: E710 if there is none, and what is wrong in the file.
    """
    path, colon, name = net.partition(SUFFIX + ":")
    if colon:
        return load(path + SUFFIX), name
    if near is not None and net in declared_of(near.scope, tree.NetworkDecl):
        return near, net
    program = find_program(net)
    return program, net if net in program.names(tree.NetworkDecl) else None


def find_program(target: str, *, search: Sequence[str | os.PathLike[str]] = ()) -> Program:
    """The file at the path `target`, or the library's network of that name. Raises `SpecError`."""
    if target.endswith(SUFFIX) or "/" in target:
        return load(target, search=search)
    file = stdlib_folder() / "nets" / (target + SUFFIX)
    if not target.isidentifier() or not file.is_file():
        raise SpecError(_unknown(target))
    return load(file)


def library() -> tuple[str, ...]:
    """Names of the library's networks."""
    return tuple(sorted(path.stem for path in (stdlib_folder() / "nets").glob("*" + SUFFIX)))


def _unknown(net: str) -> Diagnostic:
    near = nearest(net, library())
    return Diagnostic(
        "E710",
        f"no network `{net[:80]}`",
        notes=() if near else (f"the library has {', '.join(library())}",),
        help=f"did you mean `{near}`?" if near else f"a file is given by its path, ending in `{SUFFIX}`",
    )


def parameters_of(found: Declared) -> tuple[str, ...]:
    """The parameters that a declaration takes."""
    return tuple(p.name.text for p in getattr(found.decl, "parameters", ()))


def choose_settings(settings: Mapping[str, T], declared: Sequence[Declared]) -> list[dict[str, T]]:
    """For each declaration the settings that it has parameters for; a name that several know goes to each.

    Raises `SpecError`: E204 for every name that none knows.
    """
    known = [parameters_of(d) for d in declared]
    unknown = [name for name in settings if not any(name in names for names in known)]
    if unknown:
        raise SpecError(_no_parameter(name, declared) for name in unknown)
    return [{name: value for name, value in settings.items() if name in names} for names in known]


def _no_parameter(name: str, declared: Sequence[Declared]) -> Diagnostic:
    known = {d.decl.name.text: parameters_of(d) for d in declared}
    near = nearest(name, [p for names in known.values() for p in names])
    owners = " nor ".join(f"`{owner}`" for owner in known)
    return Diagnostic(
        "E204",
        f"neither {owners} has a parameter `{name}`" if len(known) > 1 else f"{owners} has no parameter `{name}`",
        notes=tuple(f"parameters of `{owner}`: {', '.join(names) or 'none'}" for owner, names in known.items()),
        help=f"did you mean `{near}`?" if near else None,
    )
