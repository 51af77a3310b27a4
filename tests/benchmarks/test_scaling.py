"""The benchmarks of speed: what they measure exists, and what they say of it is right."""

from __future__ import annotations

from argparse import ArgumentTypeError
from importlib import import_module
from typing import Any

import pytest

import npudsl


@pytest.fixture
def scaling(scripts: None) -> Any:
    return import_module("scaling")


@pytest.fixture
def search(scripts: None) -> Any:
    return import_module("search")


def test_growth(scaling: Any) -> None:
    power, step = scaling.STUDIES["powers"], scaling.STUDIES["levels"]
    assert scaling.growth([2, 4, 8], [1, 8, 64], power) == "time grows as (bound)^3.00"
    assert scaling.growth([1, 2, 4], [1, 3, 27], step) == "time x 3.0 per level"
    assert scaling.growth([2, 2], [1, 8], power) == "too few proven to tell"


def test_problems_grow_as_they_say(scaling: Any) -> None:
    levels = list(scaling.STUDIES["levels"].problems())
    assert [len(problem.arch.levels) - 1 for problem in levels] == [1, 2, 3, 4, 5]
    dims = list(scaling.STUDIES["dims"].problems())
    assert [problem.size for problem in dims] == [3, 4, 5, 6, 7, 8]
    networks = {problem.name: problem for problem in scaling.STUDIES["networks"].problems()}
    assert networks["alexnet"].size == 8
    assert networks["resnet18"].about == "21 layers, 12 differ"


def test_one_search(scaling: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A proven search in a process of its own, and one that its limit ends."""
    problem = next(iter(scaling.STUDIES["powers"].problems()))
    options = scaling.Options("energy", "even", jobs=1)
    even = scaling.measure(problem, options, 2, 60)
    assert even.proven and 0 < even.seconds < 60
    assert str(even) == f"{even.seconds:.2f} s"
    ended = scaling.measure(problem, scaling.Options("energy", "uneven", jobs=1), 2, 0.05)
    assert not ended.proven and str(ended).startswith("> ")
    assert str(scaling.Measured(0.1, False, "E604")) == "E604"


def test_rows_of_the_table_can_be_asked_for(search: Any) -> None:
    assert search.numbers("1, 3") == [1, 3]
    for wrong in ("0", "1,", "one", str(len(search.ROWS) + 1)):
        with pytest.raises(ArgumentTypeError, match="not numbers from 1"):
            search.numbers(wrong)


def test_rows_of_the_table_name_what_exists(search: Any) -> None:
    for row in search.ROWS:
        machine = npudsl.load(search.ROOT / row.spec).arch()
        net = row.net[0]
        assert machine.network(str(search.ROOT / net) if net.endswith(".npu") else net, {}).layers


def test_what_was_achieved(search: Any) -> None:
    proven = {"optimal": True, "gap": 0.0}
    assert search.achieved({"layers": [proven, proven]}) == "2 of 2 proven"
    found = {"layers": [proven, {"optimal": False, "gap": 0.25}], "missing": ["fc8"]}
    assert search.achieved(found) == "1 of 3 proven, gaps to 25.0%"
    assert search.achieved({"layers": [{"optimal": False, "gap": None}]}) == "0 of 1 proven, a gap unknown"
