"""Counts of Timeloop's model for explicit mappings, and of a brute force on exact sets, against ours.

`cases.json` is `shared/data/timeloop_cases.json`, 201 mappings; its README explains the fields.
"""
