"""Closed forms: `evaluate.evaluate` puts them to numbers, `counts.derive` writes them down, `derivation` tells why."""
