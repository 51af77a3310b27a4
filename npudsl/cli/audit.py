"""`npudsl audit`: re-check a certificate of `solve` with code that shares nothing with the search."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .interrupt import Wish, stoppable
from .options import add_json, positive_int, seconds
from .output import Failed, check_writable, say
from .screen import present

if TYPE_CHECKING:
    from ..audit import Audited, Progress
    from ..audit.claims import Stated


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl audit`."""
    parser.add_argument("file", metavar="FILE", help="what `npudsl solve --certificate FILE` wrote")
    parser.add_argument("--layer", action="append", metavar="NAME", help="only this layer (repeatable)")
    parser.add_argument("--execute", action="store_true", help="also execute every mapping and compare all counts")
    parser.add_argument("--time-limit", type=seconds, metavar="SECONDS", help="check no longer than this")
    parser.add_argument(
        "--enumerate", type=positive_int, default=20_000, metavar="N",
        help="go through all mappings of spaces of up to N (default: 20000); larger ones are sampled",
    )  # fmt: skip
    parser.add_argument(
        "--samples", type=positive_int, default=200, metavar="N",
        help="random mappings, and as many near the answer, of a space too large to enumerate (default: 200)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="which random mappings (default: 0)")
    add_json(parser)
    parser.epilog = (
        "Exit status 1, and one sentence that names the layer and the claim, if the certificate is not believed. The "
        "output says what was proved and what was only sampled. Ctrl-C or the time limit end with what was checked so "
        "far, and exit status 1 if a bound is left."
    )


def run(arguments: argparse.Namespace) -> int:
    """0 if every claim holds as far as it was checked; 1 with a sentence if one does not, or if time was too short for
    a bound, or after Ctrl-C. Raises `Failed`."""
    check_writable(arguments.json)
    from ..audit import Audit, Effort, Refused, from_json, state
    from ..report import audited as report

    try:
        certificate = from_json(_text(arguments.file))
        known = [claim.layer for claim in certificate.layers]
        for name in arguments.layer or ():
            if name not in known:
                raise Failed(f"the certificate says nothing about a layer `{name}`; it has {', '.join(known)}")
        effort = Effort(arguments.enumerate, arguments.samples, arguments.seed, arguments.time_limit)
        only = None if arguments.layer is None else tuple(arguments.layer)
        wish = Wish()
        with _shown() as tell, stoppable(wish, "what was checked so far follows"):
            stated = state(certificate, only)
            audit = Audit(certificate.objective, certificate.space, effort, tell, lambda: wish.asked)
            found = list(audit.run(stated))
            executed = _executed(stated, tell, wish) if arguments.execute else frozenset()
    except Refused as error:
        raise Failed(f"refused: {error}") from None
    present(
        arguments,
        lambda: report.record(certificate, found, executed, interrupted=wish.asked),
        lambda: report.screen(certificate, found, executed, interrupted=wish.asked),
    )
    return _verdict(found, interrupted=wish.asked)


def _verdict(found: list[Audited], *, interrupted: bool) -> int:
    left = [one.layer for one in found if one.combinations is None]
    if left:
        said = "interrupted before the bounds of {} were re-proved" if interrupted else (
            "the time was too short for the bounds of {}")  # fmt: skip
        say(said.format(", ".join(left)))
    elif interrupted:
        say("interrupted")
    return 1 if left or interrupted else 0


def _text(file: str) -> str:
    from ..audit import MAX_BYTES
    from ..text.diagnostics import SpecError
    from ..text.files import decode

    with open(file, "rb") as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Failed(f"`{file}` is larger than {MAX_BYTES >> 20} MiB: no certificate")
    try:
        return decode(content, file)
    except SpecError:
        raise Failed(f"refused: `{file}` is not UTF-8 text") from None


def _executed(stated: Sequence[Stated], tell: Callable[[Progress], None], wish: Wish) -> frozenset[str]:
    """Executes every mapping, until it is asked to stop. Raises `Refused` for one that does not count what the closed
    forms say."""
    from ..audit import Progress, Refused
    from ..verify import verify

    found = set()
    for number, one in enumerate(stated):
        if wish.asked:
            break
        tell(Progress(one.layer.name, "executing: mappings", number, len(stated)))
        verdict = verify(one.arch, one.layer, one.mapping)
        if not verdict.agreed:
            raise Refused(
                f"executing its mapping contradicts the closed forms: {verdict.differences[0]}", one.layer.name
            )
        found.add(one.layer.name)
    return frozenset(found)


@contextmanager
def _shown() -> Iterator[Callable[[Progress], None]]:
    """What shows progress: a line on a terminal, gone when the work is done; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    from ..report.console import console_for

    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    with Bar(*columns, console=console_for(sys.stderr), transient=True) as bar:
        task = bar.add_task("reading")

        def tell(progress: Progress) -> None:
            text = f"{progress.layer}  {progress.what}  {progress.done} of {progress.total}"
            bar.update(task, description=text, completed=progress.done, total=progress.total)

        yield tell
