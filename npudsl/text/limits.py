"""Named limits: what keeps a hostile or broken file from costing unbounded time, memory or stack.

Each is far above what a person or a generator writes, and each has a diagnostic that names it.
"""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 1 << 20
"""Largest file that is read (1 MiB)."""

MAX_TOKENS: Final = 200_000
"""Most words and signs of a file, comments aside: some 2,000 layers, parsed in some 5 s."""

MAX_NESTING: Final = 64
"""Deepest nesting of brackets and blocks."""

MAX_EXPRESSION_HEIGHT: Final = 200
"""Largest height of an expression tree (a sum of n terms has height n): later stages walk it recursively."""

MAX_OPERATORS: Final = 1000
"""Most operators in a row, without a comma or a line end between them: stops before the tree is built."""

MAX_NUMBER_DIGITS: Final = 100
"""Most digits of a number as written."""

MAX_NUMBER_EXPONENT: Final = 100
"""Largest exponent, either sign, of a number as written (`1e-12`)."""

MAX_SYNTAX_ERRORS: Final = 20
"""Most syntax errors that are looked for in one file."""
