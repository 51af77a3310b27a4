"""The answers as a file of the language: imports of the machine and the network, then one mapping per layer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..mapping.text import called, to_text
from ..spec.loader import SUFFIX
from ..spec.program import Program
from ..spec.resources import stdlib_folder
from .results import Best


def emitted(best: Best, machine: Program, network: Program, target: str) -> str:
    """The text of a file that `npudsl eval` and `npudsl run` accept, to be written to `target` (`-`: working folder).

    `machine` and `network` are the files that the answers are for.
    """
    folder = Path(".") if target == "-" else Path(target).parent
    files = dict.fromkeys(Path(program.name) for program in (machine, network))
    head = [line for file in files for line in _import(file, folder.resolve())]
    answers = best.answers
    arch = _imported(machine, answers.arch.name)
    net = called(_imported(network, answers.net), answers.net_arguments)
    mappings = [
        to_text(
            answers.arch, a.layer, a.mapping,
            name=best[a.layer.name].mapping.name, target=f"{net}.{a.layer.name}", machine=arch,
        )
        for a in answers.solved
    ]  # fmt: skip
    return "\n".join([*head, "", "\n".join(mappings)])


def _imported(program: Program, name: str) -> str:
    """What a declaration of an imported file is called: the file's name stands for the one of the same name."""
    file = Path(program.name).stem
    return name if name == file else f"{file}.{name}"


def _import(file: Path, folder: Path) -> Iterator[str]:
    """The import of a file, as seen from a folder; with a remark where it can only be found with `--search`."""
    real = file.resolve()
    for root, prefix in ((stdlib_folder().resolve(), "std."), (folder, "")):
        if real.is_relative_to(root):
            yield f"import {prefix}{'.'.join(real.relative_to(root).with_suffix('').parts)}"
            return
    yield f"# found with --search '{real.parent}'"
    yield f"import {real.name.removesuffix(SUFFIX)}"
