"""Under which name an answer is kept: a hash of everything that decides it, this program's own text included."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from functools import cache
from hashlib import sha256
from pathlib import Path

from ..spec.arch import Arch
from ..spec.op import Layer
from .solution import Options

#: The packages whose text decides what is answered, and what they compute with.
DECIDING = ("spec", "mapping", "model", "solver")
LIBRARIES = ("numpy", "scipy", "sympy")


def key_of(arch: Arch, layer: Layer, options: Options) -> str | None:
    """64 hexadecimal digits, the same for the same question. None: the question cannot be written down.

    Names of layers and networks, places in files, the time limit and the number of processes decide nothing.
    """
    own = dict(options.dataflows).get(layer.name)
    asked = replace(options, time_limit=None, jobs=1, dataflows=() if own is None else (("", own),))
    try:
        question = [_plain(arch), _plain(layer.problem), _plain(asked), program()]
    except TypeError:
        return None
    return sha256(json.dumps(question, ensure_ascii=True).encode()).hexdigest()


def _plain(value: object) -> object:
    """A value as JSON, sets in order, dataclasses by the fields that are compared. Raises TypeError for what else there
    may be."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return ["float", value.hex()]
    if isinstance(value, Fraction):
        return ["fraction", str(value)]
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return ["set", *sorted((_plain(item) for item in value), key=json.dumps)]
    if isinstance(value, Mapping):
        return ["map", *sorted(([_plain(k), _plain(v)] for k, v in value.items()), key=json.dumps)]
    if is_dataclass(value):
        compared = [(f.name, _plain(getattr(value, f.name))) for f in fields(value) if f.compare]
        return [type(value).__name__, *([name, plain] for name, plain in compared)]
    raise TypeError(type(value).__name__)


@cache
def program() -> str:
    """A hash of the text that answers: a changed program never uses what an earlier one left."""
    package = Path(__file__).resolve().parent.parent
    files = sorted(path for name in DECIDING for path in (package / name).rglob("*.py"))
    if not files:
        raise TypeError("a program without text cannot be told from another one")
    found = sha256(repr((sys.version_info[:3], [_version(name) for name in LIBRARIES])).encode())
    for path in files:
        found.update(f"{path.relative_to(package).as_posix()}\0".encode())
        found.update(sha256(path.read_bytes()).digest())
    return found.hexdigest()


def _version(library: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # takes long to import, and only a cache needs it

    try:
        return version(library)
    except PackageNotFoundError:
        return ""
