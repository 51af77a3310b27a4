"""What each diagnostic means: one page per code, `E101.md` beside this file, with examples that tests run.

A page is a title line `# E101: ...`, sentences, and fenced blocks:
  ```npu wrong            a file that is diagnosed with this code (it is called example.npu)
  ```npu right            the same, mended
  ```npu wrong as b.npu   a further file beside it, which example.npu imports
  ```sh                   the command that shows it, if it is not `npudsl check example.npu`
  ```sh wrong             the command of the wrong example alone; likewise `sh right`
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files

MAIN = "example.npu"


@dataclass(frozen=True)
class Block:
    """A fenced block. `kind`: `wrong` or `right`, or `""` for a command of both.

    `file`: the name that its text has in the example, None for a command.
    """

    kind: str
    file: str | None
    text: str


@dataclass(frozen=True)
class Page:
    """The explanation of one code. `parts` are sentences and blocks in their order."""

    code: str
    title: str
    parts: tuple[str | Block, ...]

    def blocks(self, kind: str) -> tuple[Block, ...]:
        """The blocks of the `wrong` or `right` example."""
        return tuple(p for p in self.parts if isinstance(p, Block) and p.kind in (kind, ""))

    def example(self, kind: str) -> dict[str, str]:
        """The files of the `wrong` or `right` example by name."""
        return {block.file: block.text for block in self.blocks(kind) if block.file}

    def command(self, kind: str) -> str:
        """What to run on the example."""
        shown = next((block.text for block in self.blocks(kind) if block.file is None), None)
        return shown.strip() if shown else f"npudsl check {MAIN}"


def codes() -> tuple[str, ...]:
    """Every code that has a page, in order."""
    return tuple(sorted(p.name.removesuffix(".md") for p in files(__name__).iterdir() if p.name.endswith(".md")))


def page(code: str) -> Page:
    """The page of a code. Raises `LookupError` if there is none."""
    if code not in codes():
        raise LookupError(code)
    return read_page(code, (files(__name__) / f"{code}.md").read_text(encoding="utf-8"))


def read_page(code: str, text: str) -> Page:
    """A page from its text."""
    title, _, rest = text.partition("\n")
    parts: list[str | Block] = []
    for position, piece in enumerate(rest.split("```")):
        if position % 2 == 0:
            if piece.strip():
                parts.append(piece.strip())
            continue
        header, _, body = piece.partition("\n")
        language, *words = header.split()
        file = words[words.index("as") + 1] if "as" in words else MAIN
        parts.append(Block(words[0] if words else "", file if language == "npu" else None, body))
    return Page(code, title.removeprefix(f"# {code}:").strip(), tuple(parts))
