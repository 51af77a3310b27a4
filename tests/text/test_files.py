"""Reading sources: every way it can fail has its own code."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from npudsl.text.diagnostics import SpecError
from npudsl.text.files import decode, read_source
from npudsl.text.limits import MAX_FILE_BYTES


def code_of(path: str | Path) -> str:
    with pytest.raises(SpecError) as caught:
        read_source(path)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic.code


def test_line_ends_and_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.npu"
    file.write_bytes(b"\xef\xbb\xbflet a = 1\r\nlet b = 2\rlet c = 3\n")
    source = read_source(file)
    assert source.text == "let a = 1\nlet b = 2\nlet c = 3\n"
    assert source.name == str(file)
    assert read_source(file, "shown").name == "shown"


def test_codes(tmp_path: Path) -> None:
    large, wrong, private = tmp_path / "large", tmp_path / "wrong", tmp_path / "private"
    large.write_bytes(b"#" * (MAX_FILE_BYTES + 1))
    wrong.write_bytes(b"let a = 1\n\xff\n")
    assert code_of(tmp_path / "missing.npu") == "E701"
    assert code_of(tmp_path) == "E702"
    assert code_of(large) == "E704"
    assert code_of(wrong) == "E705"
    assert code_of("a\0b") == "E706"
    assert code_of(tmp_path / ("x" * 5000)) == "E706"
    if os.geteuid() != 0:
        private.touch(mode=0)
        assert code_of(private) == "E703"


def test_endless_files_are_not_read_to_their_end() -> None:
    assert code_of("/dev/zero") == "E704"


def test_where_the_text_stops_being_utf8() -> None:
    with pytest.raises(SpecError) as caught:
        decode(b"let a = 1\nlet \xe9 = 2\n", "a.npu")
    assert caught.value.diagnostics[0].notes == ("byte 14 (line 2) is 0xe9: invalid continuation byte",)
