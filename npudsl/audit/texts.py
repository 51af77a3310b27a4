"""The files of a program inside a certificate: every text with its imports, so that nothing else is needed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..spec.loader import MAX_FILES, SUFFIX, load
from ..spec.modules import Module
from ..spec.program import Program
from ..syntax import tree
from .refused import Refused


@dataclass(frozen=True)
class Files:
    """`texts` by path, `main` the one to load. Imports are found from the folder of all."""

    main: str
    texts: tuple[tuple[str, str], ...]


def files_of(program: Program) -> Files:
    """The texts of a program, each at the path by which it is imported."""
    main = Path(program.name).name
    found: dict[str, Module] = {main: program.module}
    pending = [program.module]
    seen = {id(program.module)}
    while pending:
        module = pending.pop()
        imports = [d for d in module.file.declarations if isinstance(d, tree.Import)]
        for decl, inner in zip(imports, module.imports, strict=True):
            path = "/".join(p.text for p in decl.path.parts) + SUFFIX
            found.setdefault(path, inner)
            if id(inner) not in seen:
                seen.add(id(inner))
                pending.append(inner)
    return Files(main, tuple(sorted((path, module.source.text) for path, module in found.items())))


@contextmanager
def opened(files: Files) -> Iterator[Program]:
    """The program of a certificate, read from its texts alone. Raises `Refused`, and `SpecError` for wrong texts."""
    if len(files.texts) > MAX_FILES:
        raise Refused(f"it has more than {MAX_FILES} files")
    if files.main not in dict(files.texts):
        raise Refused(f"it lacks the text of `{files.main[:80]}`")
    with tempfile.TemporaryDirectory(prefix="npudsl-audit-") as folder:
        root = Path(folder).resolve()
        for path, text in files.texts:
            parts = PurePosixPath(path).parts
            if not parts or "\0" in path or len(path) > 200 or parts[0] == "/" or ".." in parts:
                raise Refused(f"`{path[:80]!r}` is no path of a file in it")
            target = root.joinpath(*PurePosixPath(path).parts)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
        program = load(root / files.main, search=[root])
        _check_alone(program.module, root)
        yield program


def _check_alone(main: Module, root: Path) -> None:
    """Every file that was read came out of the certificate."""
    pending, seen = [main], set()
    while pending:
        module = pending.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        if not Path(module.source.name).resolve().is_relative_to(root):
            raise Refused(f"it lacks the text of `{module.source.name}`")
        pending += module.imports
