"""All 201 mappings: our counts equal the exact brute force, or differ by a named rule, which is then reproduced.

`WINDOW`, `RESTORE` and `CYCLES` name every case that differs: one that is not named must be equal, a named one must
differ.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from npudsl.mapping.tally import Tally

from ...oracle.sides import SIDES, by_walking
from .conventions import Counts, counts
from .convert import convert

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases.json").read_text())["cases"]
FUZZED = "f20251122_"

#: A window that is kept although a loop outside the sweeping one advanced (inputs).
WINDOW = ["c1_rp_outer", "c1_rsplit", "c2_basic", "dw_basic"] + [
    f"{FUZZED}{n:03}" for n in (27, 105, 112, 132, 149, 170, 182, 191, 229, 249, 257, 265, 267, 296)
]
#: Partial sums restored to every instance that reduces (outputs).
RESTORE = ["g3_ws", "g4_hier", "g4_hier_k_both", "c1_sp_c_x"] + [
    f"{FUZZED}{n:03}" for n in (27, 56, 97, 99, 123, 141, 166, 200, 241, 256, 275)
]
#: Timeloop's cycles are not our steps: stalls at a bandwidth, or loops that it does not clip.
CYCLES = {
    "bw_dram": "bandwidth",
    "bw_buf": "bandwidth",
    "bw_shared": "bandwidth",
    "i_g2_k": "unclipped",
    "i_c1_halo": "unclipped",
}


def by_id(case: dict[str, Any]) -> str:
    return str(case["id"])


def brute_force(case: dict[str, Any]) -> Counts:
    """Exact counts in our terms: what leaves a child is read from it, multicast is word by word."""
    return {
        (memory, tensor): (
            c["reads_ideal_multicast"] + c.get("drain_reads_not_counted_by_timeloop", 0),
            c.get("fills", 0) + c.get("updates", 0),
        )
        for memory, tensors in case["brute_force_exact"].items()
        for tensor, c in tensors.items()
    }


def as_counts(tally: Tally) -> Counts:
    return {(m, t): (a.read, a.write) for m, tensors in tally.counts.items() for t, a in tensors.items()}


@pytest.mark.parametrize("case", CASES, ids=by_id)
def test_counts(case: dict[str, Any]) -> None:
    converted, expected = convert(case), brute_force(case)
    walked = by_walking(converted)
    for side in SIDES.values():
        assert side(converted).differences(walked) == ()
    ours, output = as_counts(walked), converted.layer.op.output.name
    different = {"restore" if t == output else "window" for (m, t) in ours if ours[m, t] != expected[m, t]}
    named = {name for name, ids in (("window", WINDOW), ("restore", RESTORE)) if case["id"] in ids}
    assert different == named
    assert counts(converted, window=True, restore=True) == expected


@pytest.mark.parametrize("case", CASES, ids=by_id)
def test_tiles_and_steps(case: dict[str, Any]) -> None:
    tally = by_walking(convert(case))
    for memory, tensors in case["brute_force_exact"].items():
        if all("tile_size" in c for c in tensors.values()):
            assert tally.used[memory] == sum(c["tile_size"] for c in tensors.values())
    assert (tally.steps != case["timeloop_cycles"]) == (case["id"] in CYCLES)


@pytest.mark.parametrize("case", [c for c in CASES if c["agreement"] == "gold"], ids=by_id)
def test_gold_cases_agree_with_timeloop_itself(case: dict[str, Any]) -> None:
    """Under its rules our walk gives what Timeloop printed; shared reads only where neighbours overlap in part."""
    theirs = counts(convert(case), window=True, restore=True)
    overlapping = any("equal-set rule" in note for note in case["notes"])
    for memory, tensors in case["timeloop"].items():
        for tensor, printed in tensors.items():
            drained = case["brute_force_exact"][memory][tensor].get("drain_reads_not_counted_by_timeloop", 0)
            read, write = theirs[memory, tensor]
            assert printed["fills"] + printed["updates"] == write
            assert printed["reads"] == read - drained or (overlapping and printed["reads"] > read - drained)
