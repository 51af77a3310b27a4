"""What is wrong must come out wrong: mappings that lose or double work, and executors that move words wrongly."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from npudsl.interpreter import blocks, literal, memories, run, values
from npudsl.mapping.nest import Loop, Mapping
from tests.strategies import Case, random_case

from .machines import alexnet, conv_layer, eyeriss, random_eyeriss_mapping


class Edited(SourceFileLoader):
    """Loads a module from another text."""

    def __init__(self, name: str, path: Path, text: str) -> None:
        super().__init__(name, str(path))
        self._code = compile(text, str(path), "exec")

    def get_code(self, fullname: str) -> CodeType:
        return self._code


def mutated(module: ModuleType, *edits: tuple[str, str]) -> ModuleType:
    """A copy of a module in which pieces of text are exchanged; each must occur exactly once."""
    path = Path(module.__file__ or "")
    text = path.read_text()
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    loader = Edited(module.__name__ + "_mutated", path, text)
    spec = spec_from_file_location(loader.name, path, loader=loader)
    assert spec is not None
    copy = module_from_spec(spec)
    sys.modules[copy.__name__] = copy  # dataclasses look their module up
    loader.exec_module(copy)
    return copy


# ---- mappings -----------------------------------------------------------------------------------


def without_one_loop(mapping: Mapping) -> Iterator[Mapping]:
    for i, item in enumerate(mapping.items):
        if isinstance(item, Loop) and item.factor > 1:
            yield Mapping((*mapping.items[:i], *mapping.items[i + 1 :]))
            yield Mapping((*mapping.items[:i], replace(item, factor=item.factor - 1), *mapping.items[i + 1 :]))


def test_a_mapping_that_does_not_cover_its_layer_gives_a_wrong_output() -> None:
    layer = conv_layer("small", stride=2, pad=1, n=2, m=6, c=4, p=6, q=6, r=3, s=3)
    for seed in range(3):
        mapping = random_eyeriss_mapping(layer, seed, fill=False)
        assert run(eyeriss(), layer, mapping).output_equal
        for mutant in without_one_loop(mapping):
            assert run(eyeriss(), layer, mutant).output_equal is False


def test_a_full_size_mapping_without_its_last_channel_is_noticed() -> None:
    layer = alexnet()[4]
    mapping = random_eyeriss_mapping(layer, 1)
    at = next(i for i, x in enumerate(mapping.items) if isinstance(x, Loop) and x.dim == "c" and x.factor > 1)
    loop = mapping.items[at]
    assert isinstance(loop, Loop)
    shorter = (*mapping.items[:at], replace(loop, factor=loop.factor - 1), *mapping.items[at + 1 :])
    assert run(eyeriss(), layer, Mapping(shorter)).output_equal is False


# ---- executors ----------------------------------------------------------------------------------

PLAIN = {
    "read-back to every instance": [
        ("if word not in known or _holder(transfer, tiles, above, word) != i:", "if word not in known:"),
        ("source.pop(word, self._zero)", "source.get(word, self._zero)"),
    ],
    "read-back stays in the parent as well": [("source.pop(word, self._zero)", "source.get(word, self._zero)")],
    "nothing is read back": [("child.values[i][word] = source.pop(word, self._zero)", "source.pop(word, self._zero)")],
    "the last tiles stay": [
        ("for transfer in self._inner_transfers(self.nest.layer.op.output):", "for transfer in ():")
    ],
    "evicted words overwrite": [
        ("target[word] = self._combine(target.get(word, self._zero), ", "target[word] = self._combine(self._zero, ")
    ],
}
FAST = {
    "read-back stays in the parent as well": [("parent[there] = np.where(known, self.zero, words)", "pass")],
    "nothing is read back": [("np.where(known, words, self.zero)", "self.zero")],
    "the last tiles stay": [
        ("                self._leave(transfer)\n        return", "                pass\n        return"),
    ],
    "evicted words overwrite": [("held[where] = self.combine(held[where], sums)", "held[where] = sums")],
    "only the first visit of a block is kept": [
        ("sums = self.combine.reduce(sums, axis=tuple(range(len(kept) - len(leaving), len(kept))))",
         "sums = sums[(*[slice(None)] * (len(kept) - len(leaving)), *[0] * len(leaving))]")
    ],
    "old words are not kept when a tile slides": [
        ("words[_at(swept_axis, slide.kept)] = stayed", "words[_at(swept_axis, slide.kept)] = 0"),
    ],
    "received words lie in the wrong place": [
        ("words = words.take(intake.spread, axis=axis)", "words = words.take(intake.spread[::-1], axis=axis)"),
    ],
}  # fmt: skip


def sums(count: int) -> Iterator[Case]:
    """Cases whose reduction adds: a maximum does not change when a word counts twice."""
    seed = 0
    while count:
        case = random_case(seed)
        seed += 1
        if case.layer.op.reduction == "+=":
            count -= 1
            yield case


@pytest.mark.parametrize("edits", PLAIN.values(), ids=PLAIN)
def test_mistakes_of_the_plain_executor_give_a_wrong_output(edits: list[tuple[str, str]]) -> None:
    wrong = mutated(literal, *edits)
    assert any(wrong.execute(c.arch, c.layer, c.mapping).output != literal.direct(c.layer) for c in sums(150))


@pytest.mark.parametrize("edits", FAST.values(), ids=FAST)
def test_mistakes_of_the_fast_executor_give_a_wrong_output(
    edits: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = mutated(memories, *edits)
    for name in ("Chain", "Operand", "Output"):
        monkeypatch.setattr(values, name, getattr(wrong, name))
    found = False
    for number, case in enumerate(sums(200)):
        monkeypatch.setattr(blocks, "BLOCK_ELEMENTS", (1, 8, 60)[number % 3])
        found = found or run(case.arch, case.layer, case.mapping).output_equal is False
    assert found
