"""`npudsl explain`: what a diagnostic's code means, with an example that is wrong and one that is right; or, of a
file, where the counts of a mapping come from."""

from __future__ import annotations

import argparse

from ..report.codes import Block, Page, codes, page
from ..text.diagnostics import Diagnostic, SpecError
from ..text.suggest import nearest
from . import explain_mapping
from .output import put


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl explain`."""
    parser.add_argument(
        "code", nargs="?", metavar="CODE|FILE", help="for example E101; a file with a mapping; without it, every code"
    )
    explain_mapping.configure(parser)


def run(arguments: argparse.Namespace) -> int:
    """0. Raises SpecError (E708) for a code that does not exist, and as `explain_mapping.run`."""
    if arguments.code is not None and explain_mapping.is_file(arguments.code):
        return explain_mapping.run(arguments)
    explain_mapping.check_usage(arguments)
    if arguments.code is None:
        put("\n".join(f"{code}  {page(code).title}" for code in codes()))
        return 0
    try:
        put(_text(page(arguments.code.upper())))
    except LookupError:
        raise SpecError(_unknown(arguments.code)) from None
    return 0


def _text(found: Page) -> str:
    lines = [f"{found.code}: {found.title}"]
    for part in found.parts:
        lines.append("")
        if isinstance(part, Block):
            lines += _block(part)
        else:
            lines += part.splitlines()
    return "\n".join(lines)


def _block(block: Block) -> list[str]:
    head = f"{block.kind} ({block.file})" if block.file else f"{block.kind} command".strip()
    return [f"{head}:", "", *(f"    {line}".rstrip() for line in block.text.rstrip().splitlines())]


def _unknown(code: str) -> Diagnostic:
    near = nearest(code.upper(), codes())
    help_text = f"did you mean `{near}`?" if near else "`npudsl explain` lists every code"
    return Diagnostic("E708", f"no diagnostic has the code `{code[:40]}`", help=help_text)
