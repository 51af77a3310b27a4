"""`npudsl cache`: where proven answers are kept from one run to the next, and how to forget them."""

from __future__ import annotations

import argparse

from .output import put


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl cache`."""
    parser.add_argument("--clear", action="store_true", help="remove every answer")
    parser.epilog = (
        "The environment variable NPUDSL_CACHE names another folder (`off`: none). "
        "`npudsl solve --no-cache` neither uses nor keeps answers."
    )


def run(arguments: argparse.Namespace) -> int:
    """Tell, or clear. Raises `OSError` if answers cannot be removed."""
    from ..solver.store_folder import MOST, user_folder

    folder = user_folder()
    if folder is None:
        put("no answers are kept: NPUDSL_CACHE is off, or there is no cache folder of this user")
        return 0
    if arguments.clear:
        put(f"{_answers(folder.clear())} removed from {folder.path}")
        return 0
    count, size = folder.census()
    kept = f"{size / 2**20:.1f} MiB" if size >= 2**20 else f"{size / 2**10:.0f} KiB"
    put(f"{_answers(count)}, {kept} of at most {MOST >> 20} MiB, in {folder.path}")
    return 0


def _answers(count: int) -> str:
    return "1 answer" if count == 1 else f"{count} answers"
