"""`npudsl import`: an ONNX model as a `.npu` network."""

from __future__ import annotations

import argparse

from .options import positive_int, setting
from .output import Failed, check_writable, put, say, write_results


def configure(parser: argparse.ArgumentParser) -> None:
    """Arguments of `npudsl import`."""
    parser.add_argument("model", metavar="MODEL", help="a file in the ONNX format; its weights are not read")
    parser.add_argument("-o", "--output", metavar="FILE", help="write the network there (default: standard output)")
    parser.add_argument(
        "--skip", action="store_true", help="keep operators that are not known as tensors in their place, without cost"
    )
    parser.add_argument(
        "--set", dest="settings", type=dimension, action="append", default=[], metavar="DIM=VALUE",
        help="the default of a dynamic dimension, for example `--set sequence=128`",
    )  # fmt: skip


def dimension(text: str) -> tuple[str, int]:
    """`DIM=VALUE` with a whole value of at least 1."""
    name, value = setting(text)
    return name, positive_int(value)


def run(arguments: argparse.Namespace) -> int:
    """0. Raises `Failed` if the model cannot be imported."""
    check_writable(arguments.output)
    from ..onnx_import import OnnxError, import_model, network_name

    settings: dict[str, int] = {}
    for name, value in arguments.settings:
        if settings.setdefault(name, value) != value:
            raise Failed(f"`{name}` is set twice: to {settings[name]} and to {value}", 2)
    try:
        found = import_model(
            arguments.model,
            name=network_name(arguments.model, arguments.output),
            skip=arguments.skip,
            settings=settings,
        )
    except OnnxError as error:
        raise Failed(str(error)) from None
    for note in found.notes:
        say(note)
    if arguments.output in (None, "-"):
        put(found.text)
    else:
        write_results([(found.text, arguments.output)])
        say(f"network `{found.network}` in {arguments.output}")
    return 0
