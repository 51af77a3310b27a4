"""Certificates of `solve` and their audit: evidence re-checked by code that shares nothing with the search.

Only the closed forms (`npudsl.model`) and the data of spec and mapping are common to both.
"""

from __future__ import annotations

from .auditing import Audit, Audited, Completeness, Effort, Progress
from .claims import Stated, state
from .document import MAX_BYTES, Certificate, Claim, from_json, to_json
from .refused import Refused

__all__ = [
    "MAX_BYTES",
    "Audit",
    "Audited",
    "Certificate",
    "Claim",
    "Completeness",
    "Effort",
    "Progress",
    "Refused",
    "Stated",
    "from_json",
    "state",
    "to_json",
]
