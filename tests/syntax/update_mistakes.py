"""Command: write what is answered now into `mistakes.txt`, to be reviewed. `python -m tests.syntax.update_mistakes`."""

from __future__ import annotations

from npudsl.syntax import parse
from npudsl.text.render import render
from npudsl.text.source import Source

from .test_mistakes import CASES, FILE


def main() -> None:
    written = []
    for case in CASES:
        title, rest = case.split("\n", 1)
        text = rest.split("---\n", 1)[0]
        _, diagnostics = parse(Source("a.npu", text))
        answer = "\n".join(render(d) for d in diagnostics)
        written.append(f"=== {title}\n{text}---\n{answer}\n")
    FILE.write_text("\n".join(written), encoding="utf-8")


if __name__ == "__main__":
    main()
