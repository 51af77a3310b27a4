"""The dataflow that `--using` names, and what it means for each layer that is solved."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from ..mapping.consistency import undividable, uneven_only
from ..mapping.dataflow import Dataflow
from ..mapping.resolve_dataflow import resolve_dataflow
from ..spec.arch import Arch
from ..spec.find import declared_of
from ..spec.loader import SUFFIX, load
from ..spec.network import Network
from ..spec.op import Layer
from ..spec.program import Program
from ..spec.resources import stdlib_folder
from ..spec.scope import Declared
from ..syntax import tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.suggest import nearest
from .purpose import Purpose, purpose_of


def find_dataflow(using: str, near: Sequence[Program], *, search: Sequence[str] = ()) -> Declared:
    """The mapping block `using`: a path (`flows/mine.npu`: its only one or the one of its name, `flows/mine.npu:NAME`),
    a mapping of the programs `near` or of their imports (`file.NAME`), or a dataflow of the library.

    Raises `SpecError`: E710 if there is none, and what is wrong in the file.
    """
    path, colon, name = using.partition(SUFFIX + ":")
    if colon or using.endswith(SUFFIX):
        file = Path(path + SUFFIX if colon else using)
        program = load(file, search=search)
        own = file.stem if file.stem in program.names(tree.MappingDecl) else None
        return program.find(tree.MappingDecl, name or own)
    for program in near:
        first, *rest = using.split(".")
        if program.scope.own(first) is not None and (rest or first in declared_of(program.scope, tree.MappingDecl)):
            return program.find(tree.MappingDecl, using)
    file = stdlib_folder() / "dataflows" / (using + SUFFIX)
    if not using.isidentifier() or not file.is_file():
        raise SpecError(_unknown(using, near))
    return load(file).find(tree.MappingDecl, using)


def library() -> tuple[str, ...]:
    """Names of the library's dataflows."""
    return tuple(sorted(path.stem for path in (stdlib_folder() / "dataflows").glob("*" + SUFFIX)))


def _unknown(using: str, near: Sequence[Program]) -> Diagnostic:
    own = dict.fromkeys(name for program in near for name in program.names(tree.MappingDecl))
    known = [*own, *library()]
    similar = nearest(using, known)
    return Diagnostic(
        "E710",
        f"no dataflow `{using[:80]}`",
        notes=() if similar else (f"the library has {', '.join(library())}", *_listed(own)),
        help=f"did you mean `{similar}`?" if similar else f"a file is given by its path, ending in `{SUFFIX}`",
    )


def _listed(own: Iterable[str]) -> tuple[str, ...]:
    names = list(own)
    return (
        (f"mappings of the given files: {', '.join(names[:12])}{', ...' if len(names) > 12 else ''}",) if names else ()
    )


def dataflows_for(
    found: Declared,
    arch: Arch,
    network: Network,
    layers: Iterable[str] | None,
    *,
    space: str = "uneven",
    factors: str = "imperfect",
) -> tuple[tuple[str, Dataflow], ...]:
    """By name of the layer what the block asks of each that it is for and that is solved; other layers are left free.

    `layers`: the names of the layers that are solved, None: all. `space` and `factors`: the mapspace, as in `Options`.

    Raises `SpecError`: E523 if the block is for another machine or for none of the layers, and all that is wrong in it;
    E522 and E524 if it has no mapping with perfect factors, no even one.
    """
    decl = found.decl
    assert isinstance(decl, tree.MappingDecl)
    purpose = purpose_of(decl, found.scope)
    purpose.check_machine(arch)
    wanted = None if layers is None else set(layers)
    solved = [layer for layer in network.layers if layer.op.is_mac and (wanted is None or layer.name in wanted)]
    fitting = [layer for layer in solved if purpose.fits(layer, network)]
    if solved and not fitting:
        raise SpecError(_for_none(decl, purpose, network, solved))
    resolved: list[tuple[str, Dataflow]] = []
    mistakes: list[tuple[Layer, Diagnostic]] = []
    for layer in fitting:
        try:
            dataflow = resolve_dataflow(decl, arch, layer, found.scope, network.spans.get(layer.name))
        except SpecError as error:
            mistakes += [(layer, mistake) for mistake in error.diagnostics]
            continue
        resolved.append((layer.name, dataflow))
        impossible = undividable(dataflow, layer) if factors == "perfect" else ()
        impossible += uneven_only(dataflow, arch, layer) if space == "even" else ()
        mistakes += [(layer, mistake) for mistake in impossible]
    if mistakes:
        raise SpecError(_once_per_place(mistakes))
    return tuple(resolved)


def _once_per_place(mistakes: Iterable[tuple[Layer, Diagnostic]]) -> Iterator[Diagnostic]:
    """Of the same mistake in several layers the first, with the names of the others."""
    found: dict[object, list[tuple[Layer, Diagnostic]]] = {}
    for layer, mistake in mistakes:
        place = mistake.primary.span if mistake.primary else mistake.message
        found.setdefault((mistake.code, place), []).append((layer, mistake))
    for same in found.values():
        names = list(dict.fromkeys(layer.name for layer, _ in same))
        listed = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        first = same[0][1]
        yield replace(first, notes=(*first.notes, f"for the {'layer' if len(names) == 1 else 'layers'} {listed}"))


def _for_none(decl: tree.MappingDecl, purpose: Purpose, network: Network, solved: Sequence[Layer]) -> Diagnostic:
    message = f"no layer that is solved is what `{decl.name.text}` is for: {purpose.text}"
    label = Label(decl.target.span if decl.target else decl.name.span, "what it is for")
    listed = [f"{layer.name} ({layer.op.name})" for layer in solved[:8]] + ["..."] * (len(solved) > 8)
    return Diagnostic("E523", message, label, notes=(f"layers of {network.name}: {', '.join(listed)}",))
