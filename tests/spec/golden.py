"""Golden files of diagnostics: sections of a `.npu` text and what `check` must say of it, verbatim.

    == name of the case
    text of the file
    --
    rendered diagnostics, separated by empty lines

With `UPDATE_GOLDEN=1` in the environment the expected part is rewritten; read the difference before committing it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from npudsl.spec.loader import load_text
from npudsl.text.render import render


@dataclass(frozen=True)
class Case:
    name: str
    text: str
    expected: str


def read_cases(path: Path) -> tuple[Case, ...]:
    """The sections of a golden file."""
    found = []
    for section in path.read_text("utf-8").split("\n== ")[1:]:
        name, _, rest = section.partition("\n")
        text, _, expected = rest.partition("\n--\n")
        found.append(Case(name, text + "\n", expected.strip("\n")))
    return tuple(found)


def told(text: str) -> str:
    """Everything `check` says of a text, rendered; the text is called `m.npu`."""
    diagnostics = load_text(text, name="m.npu", folder=Path(__file__).parent).check()
    return "\n\n".join(render(d, width=120) for d in diagnostics)


def compare(path: Path, case: Case) -> None:
    """Assert that a case's diagnostics are the expected ones, or write them down."""
    actual = told(case.text)
    if os.environ.get("UPDATE_GOLDEN") and actual != case.expected:
        content = path.read_text("utf-8")
        before, mark, after = content.partition(f"\n== {case.name}\n{case.text}--\n")
        _, separator, rest = after.partition("\n== ")
        path.write_text(f"{before}{mark}{actual}\n{separator}{rest}", "utf-8")
        return
    assert actual == case.expected
