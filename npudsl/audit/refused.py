"""Why a certificate is not believed: one sentence, with the layer and the claim."""

from __future__ import annotations


class Refused(Exception):
    """`claim`: what does not hold, as a sentence without its full stop. `layer`: None if it is about all of it."""

    def __init__(self, claim: str, layer: str | None = None):
        super().__init__(claim if layer is None else f"`{layer}`: {claim}")
        self.claim, self.layer = claim, layer


class OutOfTime(Exception):
    """The time limit came before a claim was checked."""
