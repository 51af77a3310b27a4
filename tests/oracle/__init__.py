"""Slow, obvious code that says what the fast code must answer: it imports neither model, interpreter nor solver."""
