"""Why a counter has its value: closed forms taken apart, each part with the sentence that says where it comes from.

`explain` knows formulas and the structure of nests, not how text is laid out (`report/formula*.py` does that).
"""
