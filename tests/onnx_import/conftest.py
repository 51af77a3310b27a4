"""The standard library is parsed once for all these tests: several hundred imports read it."""

from __future__ import annotations

from collections.abc import Iterator
from unittest import mock

import pytest

from npudsl.spec import loader
from npudsl.syntax import parse, tree
from npudsl.text.diagnostics import Diagnostic
from npudsl.text.source import Source


@pytest.fixture(autouse=True, scope="package")
def standard_library_is_parsed_once() -> Iterator[None]:
    """Trees are never changed, so they can be shared."""
    parsed: dict[str, tuple[tree.File, tuple[Diagnostic, ...]]] = {}

    def once(source: Source) -> tuple[tree.File, tuple[Diagnostic, ...]]:
        if not source.name.endswith("ops.npu"):
            return parse(source)
        if source.text not in parsed:
            parsed[source.text] = parse(source)
        return parsed[source.text]

    with mock.patch.object(loader, "parse", once):
        yield
