"""Programs from text for the tests of operators and networks, and their diagnostics in a short form."""

from __future__ import annotations

import pytest

from npudsl.spec.loader import load_text
from npudsl.spec.net import Network
from npudsl.spec.op import Operator
from npudsl.text.diagnostics import Diagnostic, SpecError


def operator(body: str, **settings: object) -> Operator:
    """The op `t` with this body (`dims` and equation), its parameters before `|`."""
    parameters, _, rest = body.rpartition("|")
    head = f"op t({parameters.strip()})" if parameters.strip() else "op t"
    return load_text(f"{head} {{\n{rest}\n}}\n").op("t", settings)


def network(body: str, *more: str, **settings: object) -> Network:
    """The network `net` with this body; `more`: other declarations of the file; `o`: the standard operators."""
    text = "\n".join(["import std.ops as o", *more, "network net {", body, "}", ""])
    return load_text(text).network("net", settings)


def mistakes(make: object, *arguments: str) -> tuple[Diagnostic, ...]:
    """What `operator` or `network` finds wrong."""
    with pytest.raises(SpecError) as caught:
        make(*arguments)  # type: ignore[operator]
    return caught.value.diagnostics


def mistake(make: object, *arguments: str) -> Diagnostic:
    """The only thing that is wrong."""
    found = mistakes(make, *arguments)
    assert len(found) == 1, [f"{d.code}: {d.message}" for d in found]
    return found[0]


def marks(found: Diagnostic) -> list[tuple[str, str]]:
    """Marked texts with their labels, the primary one first."""
    labels = [found.primary, *found.secondary] if found.primary else list(found.secondary)
    return [(label.span.text, label.text) for label in labels]
