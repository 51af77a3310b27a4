"""Loading: a path to a `Program`, with every import found, read once and bound.

`import a.b as c` looks for `a/b.npu` beside the importing file, then in the extra folders, then, if it begins with
`std`, in the standard library. A file is accepted only inside the folder it was looked for in, symbolic links resolved.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from ..syntax import parse, tree
from ..text.diagnostics import Diagnostic, Label, SpecError
from ..text.files import read_source
from ..text.source import Source
from ..text.suggest import nearest
from .collect import Collector
from .modules import Module, define_declarations
from .program import Program
from .resources import stdlib_folder
from .scope import Broken, Scope

#: Files that one program may consist of, and how deep imports may nest.
MAX_FILES = 500
MAX_IMPORT_DEPTH = 50

SUFFIX = ".npu"


def load(path: str | os.PathLike[str], *, search: Sequence[str | os.PathLike[str]] = ()) -> Program:
    """The program in the file `path` and in what it imports; its declarations are elaborated when asked for.

    Raises `SpecError` with everything that is wrong in the text of these files, in their constants, tables and imports.
    """
    program = load_anyway(path, search=search)
    found = program.module.all_diagnostics()
    if found:
        raise SpecError(found)
    return program


def load_anyway(path: str | os.PathLike[str], *, search: Sequence[str | os.PathLike[str]] = ()) -> Program:
    """As `load`, but with what is wrong noted in the program: `Program.check()` returns it.

    Raises `SpecError` only if the file itself cannot be read.
    """
    loader = _Loader(tuple(Path(folder) for folder in search))
    return Program(loader.load(Path(path), read_source(path)))


def load_text(
    text: str,
    *,
    name: str = "<text>",
    folder: str | os.PathLike[str] = ".",
    search: Sequence[str | os.PathLike[str]] = (),
) -> Program:
    """A program from text that is not in a file; imports are looked for in `folder`. As `load_anyway` otherwise."""
    loader = _Loader(tuple(Path(f) for f in search))
    return Program(loader.load(Path(folder) / "text", Source(name, text), anonymous=True))


class _Loader:
    """One run of loading: `done` has the finished modules by real path, `open` those in the making, outermost first."""

    def __init__(self, search: tuple[Path, ...]):
        self.search = search
        self.done: dict[Path, Module] = {}
        self.open: list[Path] = []

    def load(self, path: Path, source: Source, *, anonymous: bool = False) -> Module:
        real = path.resolve()
        self.open.append(real)
        file, mistakes = parse(source)
        collector = Collector()
        collector.add(*mistakes)
        scope = Scope(title=path.stem if not anonymous else None, incomplete=bool(mistakes))
        imports: list[Module] = []
        try:
            for decl in file.declarations:
                if isinstance(decl, tree.Import):
                    with collector.guard():
                        imports.append(self._import(decl, path.parent, scope))
            define_declarations(file, scope, collector)
        except SpecError as error:  # too many mistakes: the rest of the file is not looked at
            collector.add(*error.diagnostics)
            scope.incomplete = True
        self.open.pop()
        module = Module(source, file, scope, collector.diagnostics, tuple(imports))
        if not anonymous:
            self.done[real] = module
        return module

    def _import(self, decl: tree.Import, folder: Path, scope: Scope) -> Module:
        """Bind the name of an import. If it cannot be loaded the name is broken, and uses of it stay silent."""
        name = decl.alias or decl.path.parts[-1]
        scope.define(name, Broken())
        module = self._find(decl, folder)
        scope.replace(name.text, module.scope)
        return module

    def _find(self, decl: tree.Import, folder: Path) -> Module:
        found = _locate(decl, (folder, *self.search))
        real = found.resolve()
        if real in self.done:
            return self.done[real]
        if real in self.open:
            raise _cycle(decl, [*self.open[self.open.index(real) :], real])
        if len(self.open) >= MAX_IMPORT_DEPTH or len(self.done) + len(self.open) >= MAX_FILES:
            limit = f"at most {MAX_IMPORT_DEPTH} deep and {MAX_FILES} files in all"
            raise SpecError(Diagnostic("E105", f"too many imports: {limit}", Label(decl.path.span, "not loaded")))
        try:
            return self.load(found, read_source(found, _shown(found)))
        except SpecError as error:
            raise SpecError(_at_import(d, decl) for d in error.diagnostics) from None


def _at_import(diagnostic: Diagnostic, decl: tree.Import) -> Diagnostic:
    """A diagnostic without a place (the file cannot be read), put where it is imported."""
    if diagnostic.primary is not None:
        return diagnostic
    return Diagnostic(
        diagnostic.code,
        diagnostic.message,
        Label(decl.path.span, "imported here"),
        (),
        diagnostic.notes,
        diagnostic.help,
    )


def _shown(path: Path) -> str:
    """A path as diagnostics show it: relative to the working directory if it is below it."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _locate(decl: tree.Import, folders: tuple[Path, ...]) -> Path:
    """The file of an import: E205 if there is none, E209 if a link leads out of the folder it was looked for in."""
    parts = [p.text for p in decl.path.parts]
    places = [(folder, parts) for folder in folders]
    if parts[0] == "std" and len(parts) > 1:
        places.append((stdlib_folder(), parts[1:]))
    for folder, below in places:
        path = folder.joinpath(*below[:-1], below[-1] + SUFFIX)
        if path.is_file():
            if not path.resolve().is_relative_to(folder.resolve()):
                message = f"`{decl.path.text}` leads out of the folder that it is imported from"
                raise SpecError(Diagnostic("E209", message, Label(decl.path.span, "a symbolic link to elsewhere")))
            return path
    raise _missing(decl, places)


def _missing(decl: tree.Import, places: list[tuple[Path, list[str]]]) -> SpecError:
    wanted = decl.path.parts[-1].text
    looked = [str(Path(_shown(folder)).joinpath(*below[:-1], below[-1] + SUFFIX)) for folder, below in places]
    beside = [p.stem for folder, below in places for p in _files(folder.joinpath(*below[:-1]))]
    near = nearest(wanted, beside)
    prefix = "".join(f"{p.text}." for p in decl.path.parts[:-1])
    return SpecError(
        Diagnostic(
            "E205",
            f"no file for `import {decl.path.text}`",
            Label(decl.path.span, "not found"),
            notes=(f"looked for {', '.join(looked)}",),
            help=f"did you mean `{prefix}{near}`?" if near else None,
        )
    )


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.suffix == SUFFIX)[:MAX_FILES]
    except OSError:
        return []


def _cycle(decl: tree.Import, chain: list[Path]) -> SpecError:
    ring = " -> ".join(p.name for p in chain)
    return SpecError(
        Diagnostic(
            "E206", "files import each other in a circle", Label(decl.path.span, "closes the circle"), notes=(ring,)
        )
    )
