"""One mutant on trial: a child process in which one module of the model has other code runs the checks."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import resource
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, ModuleType

from .model.prepared import Prepared
from .mutants import Mutant

PACKAGE = "npudsl.model"
MODEL = Path(__file__).parent.parent / "npudsl" / "model"
#: processor time of one check, all of which take less than two, and address space of a child: a mutant that wants more
#: is noticed
SECONDS, BYTES = 10, 2 << 30


@dataclass(frozen=True)
class Verdict:
    """`by`: what noticed the mutant (empty: nothing did); `check`: the number of that check, if it was one."""

    by: str
    check: int | None


def trial(mutant: Mutant | None, prepared: Prepared, suites: Sequence[str], first: Sequence[int]) -> Verdict:
    """Runs the checks number `first`, then all others, until one complains (mutant None: the code as it is)."""
    if any(name.startswith(PACKAGE) for name in sys.modules):
        raise RuntimeError("the model must be imported by the children only")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
        os.write(writer, json.dumps(_complaint(mutant, prepared, suites, first)).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    by, check = json.loads(answer) if answer else ("no answer in time", None)
    return Verdict(by, check)


def _complaint(
    mutant: Mutant | None, prepared: Prepared, suites: Sequence[str], first: Sequence[int]
) -> tuple[str, int | None]:
    """The name and number of the first check that complains or stumbles."""
    if mutant is not None:
        name = ".".join((PACKAGE, *mutant.module.split("/")))
        sys.meta_path.insert(0, _Finder(name, mutant.path, mutant.tree()))
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        from .model.quick import checks

        found = checks(prepared, suites)
    except Exception as error:
        return f"import: {type(error).__name__}", None
    rest = set(first)
    for number in (*first, *(k for k in range(len(found)) if k not in rest)):
        name, check = found[number]
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            if any(True for _ in check()):
                return name, number
        except Exception as error:
            return f"{name}: {type(error).__name__}", number
    return "", None


class _Finder(importlib.abc.MetaPathFinder):
    """Gives one module with mutated code; all others come from where they always come from."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None):
        if fullname != self._name:
            return None
        loader = _Loader(compile(self._tree, str(self._path), "exec"), self._path)
        return importlib.util.spec_from_file_location(fullname, self._path, loader=loader)


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, code: CodeType, path: Path) -> None:
        super().__init__(path.stem, str(path))
        self._mutated = code

    def get_code(self, fullname: str) -> CodeType:
        return self._mutated
