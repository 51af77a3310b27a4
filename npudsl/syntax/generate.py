"""Command: write the parse tables. `python -m npudsl.syntax.generate`, from a checkout.

lark numbers states in the order of sets, so the tables are made under a fixed hash seed: the same grammar, lark and
Python give the same bytes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

from .tables import TABLES_FILE, grammar_text, serialize

_SEED = "PYTHONHASHSEED"


def main() -> int:
    """Write `tables.json`. Returns the exit status."""
    if os.environ.get(_SEED) != "0":
        command = [sys.executable, "-m", "npudsl.syntax.generate"]
        return subprocess.run(command, env={**os.environ, _SEED: "0"}, check=False).returncode
    text = json.dumps(serialize(grammar_text()), separators=(",", ":"))
    TABLES_FILE.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
