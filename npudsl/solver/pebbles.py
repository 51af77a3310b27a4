"""How little can be moved across a boundary, whatever the schedule: the red-blue pebble game with weights.

Setting. Inside a boundary, words of three tensors (two operands and an output, or three operands) weigh at most S at
any time, a word of tensor T weighing w_T. Operations happen inside. A *load* brings one word in, or begins the stay
of an output word that starts from zero; let Q be the weight of all loads. Every stay of an output word ends with at
least one store, so loads and stores that really happen weigh at least Q.

Claim. With |P|^2 <= kappa a b c (`reuse.most_reuse`) for the points P of any stretch of the schedule, Q is at least
what `least_moved` gives.

Proof. In a stretch with loads of weight q the words touched weigh at most S (there at the beginning) + q. With
a w_A + b w_B + c w_C <= S + q, the means inequality gives |P| <= sqrt(kappa / (w_A w_B w_C)) ((S + q) / 3)^1.5. Put
C = M sqrt(w_A w_B w_C / kappa) for M points: the stretch does at most the share ((S + q) / 3)^1.5 / C of them.
(i)  k stretches of equal load: one of them does C / k, so q >= 3 (C / k)^(2/3) - S; and q <= Q / k + w, where w is the
     heaviest word (equal up to one word). Hence Q >= k (3 (C / k)^(2/3) - S - w).
(ii) Stretches filled up to a load T: all but the last have more than T - w (exactly T if all words weigh 1 and T is
     whole), and there are at least n = C / ((S + T) / 3)^1.5 of them. Hence Q >= (T - w) (ceil(n) - 1). With `cells`
     independent insides of S / cells each, which share M in any way: Q >= (T - w) (n - cells), n for S / cells.
     T = 2 S gives 2 M / sqrt(kappa S) - 2 S of Smith et al. (2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor, isfinite, sqrt

#: What floating point may add to a bound, relative: far more than it does.
ROUNDING = 1e-10


@dataclass(frozen=True)
class Inside:
    """Room inside a boundary, by weight, all `cells` together."""

    room: float
    cells: int = 1


def least_moved(points: int, kappa: int, weights: tuple[float, float, float], inside: Inside) -> float:
    """The weight that moves at least; 0 if nothing is known. Raises OverflowError beyond floating point."""
    if not isfinite(inside.room) or min(weights) <= 0:
        return 0.0
    one, two, three = weights
    scaled = points * sqrt(one * two * three / kappa)
    tries = list(_filled(scaled, inside, max(weights), unit=set(weights) == {1.0}))
    if inside.cells == 1:
        tries += _equal(scaled, inside.room, max(weights))
    return max(0.0, *tries) * (1.0 - ROUNDING)


def _equal(scaled: float, room: float, heaviest: float) -> Iterator[float]:
    """(i) with the numbers of stretches next to the best real one (a single one only says that words are touched)."""
    best = scaled / (room + heaviest) ** 1.5
    for k in {max(2, floor(best)), max(2, ceil(best))}:
        yield k * (3.0 * (scaled / k) ** (2 / 3) - room - heaviest)


def _filled(scaled: float, inside: Inside, heaviest: float, *, unit: bool) -> Iterator[float]:
    """(ii) for the loads T that are best for large and for small rooms."""
    room = inside.room / inside.cells
    for load in (2 * room, 2 * room + 3 * heaviest):
        load, lost = (float(max(1, floor(load))), 0.0) if unit else (load, heaviest)
        if load <= lost:
            continue
        stretches = scaled / ((room + load) / 3) ** 1.5
        if inside.cells == 1:
            stretches = ceil(stretches * (1.0 - ROUNDING))
        yield (load - lost) * (stretches - inside.cells)
