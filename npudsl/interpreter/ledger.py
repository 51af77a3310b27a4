"""The counters while they are being counted, and the tally that they make."""

from __future__ import annotations

from collections import Counter as Multiset
from dataclasses import dataclass, field

from ..mapping.tally import Access, Tally
from .nest import Crossing, Nest, Site, Transfer

Key = tuple[str, str]  # memory or link, tensor


@dataclass
class Ledger:
    """Words read, written and carried so far; `tile[site]`: words of the largest tile of one instance."""

    read: Multiset[Site] = field(default_factory=Multiset)
    write: Multiset[Site] = field(default_factory=Multiset)
    carried: Multiset[Key] = field(default_factory=Multiset)
    tile: dict[Site, int] = field(default_factory=dict)

    def carry(self, transfer: Transfer, crossing: Crossing, words: int) -> None:
        """Every link of the crossed array that carries the tensor's role carries the words."""
        for link in crossing.array.links:
            if link.carries(transfer.tensor.role):
                self.carried[link.name, transfer.tensor.name] += words

    def hold(self, site: Site, words: int) -> None:
        self.tile[site] = max(words, self.tile.get(site, 0))

    def tally(self, nest: Nest, points: int, steps: int) -> Tally:
        tensors = nest.layer.op.tensors
        counts: dict[str, dict[str, Access]] = {}
        used: dict[str, int] = {}
        for memory in nest.arch.memories:
            sites = [s for t in tensors for s in nest.sites if (s.tensor, s.memory) == (t.name, memory.name)]
            if sites:
                counts[memory.name] = {s.tensor: Access(self.read[s], self.write[s]) for s in sites}
                used[memory.name] = sum(self.tile[s] for s in sites)
        links = {
            link.name: {t.name: self.carried[link.name, t.name] for t in tensors if link.carries(t.role)}
            for array in nest.arch.arrays
            for link in array.links
        }
        return Tally(points, steps, counts, links, used)
