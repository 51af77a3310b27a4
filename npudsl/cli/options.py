"""Arguments that several commands share, and the checks of their values."""

from __future__ import annotations

import argparse
import math
import re

from .output import Failed

#: More than any network needs, and small enough for exact arithmetic to stay quick.
MOST = 10**9


class Parser(argparse.ArgumentParser):
    """argparse without abbreviated options: `--js` is a mistake today and stays one when `--jsonl` comes."""

    def __init__(self, **settings: object):
        super().__init__(**{"allow_abbrev": False, **settings})  # type: ignore[arg-type]


def positive_int(text: str) -> int:
    """A whole number from 1 to `MOST`."""
    try:
        value = int(text) if len(text) <= 20 else MOST + 1
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a whole number") from None
    if not 1 <= value <= MOST:
        raise argparse.ArgumentTypeError(f"`{text[:30]}` is not between 1 and {MOST:,}")
    return value


def processes(text: str) -> int | None:
    """A whole number of processes, or `auto`: None."""
    return None if text == "auto" else positive_int(text)


def seconds(text: str) -> float:
    """A finite time above zero, in seconds."""
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number of seconds") from None
    if not (math.isfinite(value) and value > 0):
        raise argparse.ArgumentTypeError(f"`{text}` is not a time above zero")
    return value


def setting(text: str) -> tuple[str, str]:
    """`NAME=VALUE`, for example `glb_size=216 KiB`."""
    name, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE (for example `glb_size=216 KiB`)")
    return name, value


def add_settings(parser: argparse.ArgumentParser) -> None:
    """`--batch` and `--set`."""
    parser.add_argument("--batch", type=positive_int, metavar="N", help="the network's parameter `batch`")
    parser.add_argument(
        "--set",
        dest="settings",
        type=setting,
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the network or of the architecture, for example `--set 'glb_size=216 KiB'`",
    )


def add_search(parser: argparse.ArgumentParser) -> None:
    """`--search`."""
    parser.add_argument(
        "--search", action="append", default=[], metavar="FOLDER", help="a further folder to look for imports in"
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """`--json`."""
    parser.add_argument("--json", metavar="FILE", help="write the result as JSON (`-`: alone on standard output)")


def settings_of(arguments: argparse.Namespace) -> dict[str, str]:
    """What `--batch` and `--set` say together. Raises `Failed` if they set one parameter twice."""
    given = list(arguments.settings)
    if arguments.batch is not None:
        given.append(("batch", str(arguments.batch)))
    found: dict[str, str] = {}
    for name, value in given:
        if found.setdefault(name, value) != value:
            raise Failed(f"`{name}` is set twice: to {found[name]} and to {value}", 2)
    return found
