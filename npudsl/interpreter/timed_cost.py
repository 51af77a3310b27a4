"""Cycles that words take at the ports and links that they pass: those of the instance that moves most."""

from __future__ import annotations

from ..mapping.resources import Loads, Meter, add, raise_to
from ..spec.op import Tensor
from .literal import Element, Instance
from .nest import Nest, Site, Transfer

Words = frozenset[Element]
Tiles = dict[Instance, Words]


class Cost:
    """Of one nest."""

    def __init__(self, nest: Nest) -> None:
        self.meter = Meter(nest.arch)
        self._arch = nest.arch
        self._depth = nest.arch.depth

    def limits(self, transfer: Transfer) -> bool:
        """Whether some resource limits a transfer."""
        memories = [site.memory for site in (transfer.parent, transfer.child) if site.memory is not None]
        links = [x for crossing in transfer.crossings for x in crossing.array.links]
        return any(self._arch.memory(m).bandwidth is not None for m in memories) or any(
            x.bandwidth is not None and x.carries(transfer.tensor.role) for x in links
        )

    def at_parent(
        self, transfer: Transfer, *, read: dict[Instance, int] | None = None, write: dict[Instance, int] | None = None
    ) -> Loads:
        return self._at(transfer.parent, transfer.tensor, read or {}, write or {})

    def at_child(
        self, transfer: Transfer, *, read: dict[Instance, int] | None = None, write: dict[Instance, int] | None = None
    ) -> Loads:
        return self._at(transfer.child, transfer.tensor, read or {}, write or {})

    def _at(self, site: Site, tensor: Tensor, read: dict[Instance, int], write: dict[Instance, int]) -> Loads:
        """Cycles of a memory's ports: per port those of the instance that needs most."""
        load: Loads = {}
        for words in {(read.get(i, 0), write.get(i, 0)) for i in (*read, *write)}:
            raise_to(load, self.meter.memory(site.memory or "", tensor.role, read=words[0], write=words[1]))
        return load

    def at_links(self, transfer: Transfer, words: Tiles) -> Loads:
        """Cycles of the links that are crossed."""
        load: Loads = {}
        for crossing in transfer.crossings:
            outside = [c for c in transfer.instances if self._depth[c.array or ""] <= self._depth[crossing.array.name]]
            counts = united(transfer, words, len(outside), crossing.shared)
            most = max(counts.values(), default=0)
            for link in crossing.array.links:
                if link.carries(transfer.tensor.role):
                    add(load, self.meter.link(link.name, transfer.tensor.role, most))
        return load


def united(transfer: Transfer, words: Tiles, prefix: int, combining: frozenset[int]) -> dict[Instance, int]:
    """Words per setting of the first `prefix` spatial counters: united over `combining` ones, else added up."""
    unions: dict[tuple[Instance, Instance], set[Element]] = {}
    for i, w in words.items():
        unions.setdefault((i[:prefix], apart(transfer, i, combining)), set()).update(w)
    counts: dict[Instance, int] = {}
    for (instance, _), union in unions.items():
        counts[instance] = counts.get(instance, 0) + len(union)
    return counts


def apart(transfer: Transfer, instance: Instance, combining: frozenset[int]) -> Instance:
    """An instance without its `combining` counters: the same for instances that share words."""
    return tuple(v for c, v in zip(transfer.instances, instance, strict=True) if c.index not in combining)
