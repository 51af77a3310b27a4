"""Mutation check of `npudsl/model`: change one thing in its code, and the differential test must notice.

`python -m tests.mutation --sample 60 --seed 1` (all mutants without `--sample`). A mutant is an edit of one AST node:
an operator, a comparison, a constant, a dropped term, min for max, a negated condition. Each runs in a forked child
that imports the mutated module in place of the real one and compares closed forms with literal walks made before.
Exit status 1 if a mutant survives that `tests/model/survivors.py` does not explain, or with `--score 80` if less than
80 percent of the mutants are noticed or explained.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from types import CodeType, ModuleType

from npudsl.mapping.tally import Tally

from .model.survivors import EXPLAINED
from .mutants import Mutant, mutants_of
from .oracle.literal import tally
from .strategies import EVEN_PERFECT, EVERYTHING, WINDOWED, Case, random_case

MODEL = Path(__file__).parent.parent / "npudsl" / "model"
PACKAGE = "npudsl.model"
#: modules that decide counts; the others of the model word derivations or model time and have tests of their own
COUNTING = ("clipped", "coordinate", "counts", "edges", "evaluate", "functions")
SECONDS = 60  # a mutant that takes longer loops: it is noticed

Expected = Sequence[tuple[Case, Tally]]


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module with mutated code; all others come from where they always come from."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name, self._path, self._tree = name, path, tree

    def find_spec(self, fullname: str, path: object = None, target: ModuleType | None = None):
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=_Loader(self._code(), self._path))

    def _code(self) -> CodeType:
        return compile(self._tree, str(self._path), "exec")


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, code: CodeType, path: Path) -> None:
        super().__init__(path.stem, str(path))
        self._mutated = code

    def get_code(self, fullname: str) -> CodeType:
        return self._mutated


def noticed(mutant: Mutant | None, expected: Expected) -> bool:
    """Whether the differential test fails under the mutant (None: the code as it is), in a child process."""
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        signal.alarm(SECONDS)
        os._exit(0 if _fails(mutant, expected) else 1)
    _, status = os.waitpid(child, 0)
    return status != 256  # exit status 1: everything agreed; a signal is a failure


def _fails(mutant: Mutant | None, expected: Expected) -> bool:
    if mutant is not None:
        name = ".".join((PACKAGE, *mutant.path.relative_to(MODEL).with_suffix("").parts))
        sys.meta_path.insert(0, _Finder(name, mutant.path, mutant.tree()))
    try:
        from .model.quick import disagreements

        return any(True for _ in disagreements(expected))
    except Exception:
        return True


def expected_tallies(count: int) -> Expected:
    """A third of the cases even and perfect, as the solver needs them, a third windows, a third anything."""
    cases = [random_case(seed, space) for seed in range(count // 3) for space in (EVEN_PERFECT, WINDOWED, EVERYTHING)]
    return [(case, tally(case.arch, case.layer, case.mapping)) for case in cases]


def all_mutants(names: Sequence[str]) -> Iterator[Mutant]:
    for name in names or COUNTING:
        yield from mutants_of(MODEL / f"{name}.py")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, help="only so many, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=400, help="differential cases per mutant")
    parser.add_argument("--score", type=float, default=100, help="percent of mutants that must be noticed or explained")
    parser.add_argument("--module", action="append", default=[], help="only this module of the model")
    options = parser.parse_args()
    assert not any(name.startswith(PACKAGE) for name in sys.modules), "the model must be imported by the children only"
    chosen = list(all_mutants(options.module))
    if options.sample is not None and options.sample < len(chosen):
        chosen = sorted(Random(options.seed).sample(chosen, options.sample), key=lambda m: (m.path, m.place))
    expected = expected_tallies(options.cases)
    if noticed(None, expected):
        print("the model disagrees without any mutation")
        return 1
    survivors = [mutant for mutant in chosen if not noticed(mutant, expected)]
    surprising = [mutant for mutant in survivors if mutant.key not in EXPLAINED]
    for mutant in surprising:
        print(f"survived: {mutant.path.name}:{mutant.line} {mutant.key}")
    print(f"{len(chosen)} mutants, {len(survivors)} survived, {len(surprising)} of them unexplained")
    return 1 if 100 * len(surprising) > (100 - options.score) * len(chosen) else 0


if __name__ == "__main__":
    sys.exit(main())
