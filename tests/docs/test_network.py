"""The example of docs/network.md counts what the page says, by closed forms and executed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from npudsl.cli.main import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "network.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\w+) \| `(\w+)` (\w+)(?: (read|write))? \| (\d+) \|", PAGE, flags=re.MULTILINE)


@pytest.mark.parametrize("command", ["eval", "run"])
@pytest.mark.parametrize("mapping", ["sent", "summed"])
def test_example(command: str, mapping: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "row.npu"
    path.write_text(PAGE.split("```npu\n")[1].split("```")[0])
    assert main(["fmt", "--check", str(path)]) == 0
    capsys.readouterr()
    assert main([command, str(path), "--mapping", mapping, "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    wanted = [row[1:] for row in ROWS if row[0] == mapping]
    assert len(wanted) >= 3
    for place, tensor, action, words in wanted:
        counted = found["counts"][place][tensor][action] if action else found["links"][place][tensor]
        assert counted == int(words), (place, tensor, action)
