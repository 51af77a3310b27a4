"""Mutation check of `npudsl/model`: change one thing in its code, and a differential test must notice.

`python -m tests.mutation --sample 60 --seed 1` (all mutants without `--sample`). A mutant is an edit of one AST node
(`tests/mutants.py`). Each runs in a forked child that imports the mutated module in place of the real one and runs the
checks of `tests/model/quick.py`, those that noticed other mutants first. With `--log FILE` verdicts are kept, and a
run that was interrupted goes on; with `--again` it tries only what survived before.
Exit status 1 if a mutant survives that `tests/model/survivors.py` does not explain, or one that it explains does not.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random
from time import monotonic

from .model.prepared import Prepared
from .model.survivors import EXPLAINED
from .mutants import Mutant, mutants_of
from .trial import MODEL, trial

TESTS = Path(__file__).parent
#: modules without numbers or words of their own
NOTHING = ("__init__", "derivation/__init__")


def modules() -> tuple[str, ...]:
    """Of the model, in a fixed order: `clipped`, ..., `derivation/causes`, ..."""
    names = (path.relative_to(MODEL).with_suffix("").as_posix() for path in sorted(MODEL.rglob("*.py")))
    return tuple(sorted((n for n in names if n not in NOTHING), key=lambda n: (n.count("/"), n)))


def all_mutants(names: Iterable[str] = ()) -> Iterator[Mutant]:
    for name in names or modules():
        yield from mutants_of(MODEL / f"{name}.py", name)


def chosen(names: Sequence[str], sample: int | None, seed: int) -> list[Mutant]:
    """All mutants of some modules, or a sample of those that must be noticed, in the order of the code."""
    found = list(all_mutants(names))
    if sample is None:
        return found
    found = [m for m in found if m.key not in EXPLAINED]
    kept = Random(seed).sample(range(len(found)), min(sample, len(found)))
    return [found[k] for k in sorted(kept)]


@dataclass
class Log:
    """Verdicts, one JSON object a line, valid as long as neither the model nor its checks change."""

    path: Path | None
    digest: str = field(init=False)
    known: dict[tuple[str, ...], str] = field(default_factory=dict)
    survived: set[tuple[str, ...]] = field(default_factory=set)

    def __post_init__(self) -> None:
        sources = [*MODEL.rglob("*.py"), *TESTS.glob("*.py"), *(TESTS / "model").glob("*.py")]
        self.digest = sha256(b"".join(p.read_bytes() for p in sorted(sources) if p.stem != "survivors")).hexdigest()
        for line in self.path.read_text().splitlines() if self.path and self.path.exists() else ():
            entry = json.loads(line)
            key = tuple(entry["key"])
            (self.survived.discard if entry["by"] else self.survived.add)(key)
            if entry["digest"] == self.digest:
                self.known[key] = entry["by"]

    def add(self, mutant: Mutant, by: str) -> None:
        if self.path is not None:
            with self.path.open("a") as file:
                file.write(json.dumps({"key": mutant.key, "by": by, "digest": self.digest}) + "\n")


def judged(mutants: Sequence[Mutant], prepared: Prepared, log: Log) -> Iterator[tuple[Mutant, str]]:
    """Every mutant with the name of the check that noticed it (empty: none did)."""
    recent: dict[tuple[str, ...], list[int]] = {}
    for mutant in mutants:
        if mutant.key in log.known:
            yield mutant, log.known[mutant.key]
            continue
        suites = prepared.suites_of(mutant.module)
        if suites not in recent:
            prepared.prepare(suites)
            if found := trial(None, prepared, suites, []).by:
                raise SystemExit(f"without any mutation: {found}")
        order = recent.setdefault(suites, [])
        verdict = trial(mutant, prepared, suites, order)
        if verdict.check is not None:
            order[:] = [verdict.check, *(k for k in order if k != verdict.check)]
        log.add(mutant, verdict.by)
        yield mutant, verdict.by


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--module", action="append", default=[], choices=modules(), help="only this one of the model")
    parser.add_argument("--sample", type=int, help="only so many of those that must be noticed, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--cases", type=int, default=600, help="differential cases per mutant")
    parser.add_argument("--log", type=Path, help="keeps verdicts in this file; an interrupted run goes on")
    parser.add_argument("--again", action="store_true", help="only mutants that survived according to the log")
    parser.add_argument("--list", action="store_true", help="prints the mutants and stops")
    options = parser.parse_args()
    log, started = Log(options.log), monotonic()
    mutants = chosen(options.module, options.sample, options.seed)
    if options.again:
        mutants = [m for m in mutants if m.key in log.survived]
    if options.list:
        print(*(f"{m} {m.key}" for m in mutants), sep="\n")
        return 0
    survivors = explained = wrong = 0
    for mutant, by in judged(mutants, Prepared(options.cases), log):
        survivors += not by
        explained += not by and mutant.key in EXPLAINED
        wrong += bool(by) == (mutant.key in EXPLAINED)
        if bool(by) == (mutant.key in EXPLAINED):
            print(f"{f'explained, but noticed by {by}' if by else 'survived'}: {mutant} {mutant.key}", flush=True)
    print(
        f"{len(mutants)} mutants, {len(mutants) - survivors} noticed, {explained} explained, {wrong} surprising, "
        f"{monotonic() - started:.0f} s"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
