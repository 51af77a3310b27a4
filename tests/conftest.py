"""Settings of the whole suite: hypothesis profiles, and tests marked `long` that only `-m long` runs."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

_CALM = {"deadline": None, "suppress_health_check": (HealthCheck.too_slow, HealthCheck.data_too_large)}
# A pull request must not fail by luck: the same examples every time, unless `explore` is asked for.
settings.register_profile("fixed", derandomize=True, database=None, **_CALM)
settings.register_profile("explore", **_CALM)
# Every test searches: no answer of an earlier run, nor one of another test, takes part.
os.environ["NPUDSL_CACHE"] = "off"
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "long" in (config.getoption("-m") or ""):
        return
    skip = pytest.mark.skip(reason="long: run with -m long")
    for item in items:
        if "long" in item.keywords:
            item.add_marker(skip)
