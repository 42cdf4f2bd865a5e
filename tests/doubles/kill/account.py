"""What a person was shown, compared with what was written: the promise S11, line by line."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from doubles.kill.writers import LogFile, Written, numbers_in


class Shown:
    """All that the runs of one client put out, up to the last complete line of each."""

    def __init__(self) -> None:
        self.lines: list[Written] = []
        self.texts: dict[Written, str] = {}
        self.gaps: list[dict[str, Any]] = []
        self.cursor: str | None = None
        self._path: Path | None = None
        self._read_bytes = 0

    def follow(self, path: Path) -> None:
        """Read another run's output from its start."""
        self._path, self._read_bytes = path, 0

    def read(self) -> None:
        """Take in the complete lines that were put out since the last time."""
        if self._path is None:
            return
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._read_bytes += len(whole)
        for line in whole.splitlines():
            self._take(json.loads(line))

    def _take(self, record: dict[str, Any]) -> None:
        self.cursor = record["cursor"]
        if "gap" in record:
            self.gaps.append(record)
            return
        numbers = numbers_in(record["text"])
        for number, text in zip(numbers, record["text"].split("\n"), strict=True):
            self.lines.append(number)
            self.texts[number] = text


def faults(files: Iterable[LogFile], shown: Shown) -> list[str]:
    """Say where the promise was broken; nothing where it holds."""
    found: list[str] = []
    counts = Counter(shown.lines)
    twice = [line for line, count in counts.items() if count > 1]
    if twice:
        found.append(f"{len(twice)} lines came twice, as {sorted(twice)[:3]}")
    truncations = 0
    for file in files:
        truncations += file.truncations
        mine = [line for line in shown.lines if line.file == file.name]
        if not mine:
            found.append(f"no line of {file.name}")
            continue
        found += _disorder(file.name, mine)
        expected = file.written[file.written.index(mine[0]) :]
        missing = [line for line in expected if line not in counts]
        seen = {line.generation for line in mine}
        # Of a generation that came and was truncated while nobody looked, nobody can know.
        runs = sorted({line.generation for line in missing if line.generation in seen})
        declared = [gap for gap in shown.gaps if _is_of(gap, file)]
        if len(runs) > len(declared):
            found.append(f"{file.name}: of generations {runs} lines miss, gaps: {declared}")
        if missing and not file.truncations:
            found.append(f"{len(missing)} lines of {file.name} never came, as {missing[:3]}")
        altered = [line for line in mine if file.texts.get(line) != shown.texts[line]]
        if altered:
            found.append(f"altered: {shown.texts[altered[0]]!r}")
    lost = [gap for gap in shown.gaps if gap["gap"] == "lost"]
    if lost and not truncations:
        found.append(f"{len(lost)} lost gaps without a truncation, as {lost[0]}")
    return found


def _is_of(gap: dict[str, Any], file: LogFile) -> bool:
    return gap["gap"] == "lost" and f"{gap['server']}-{gap['type']}.log" == file.path.name


def _disorder(name: str, lines: list[Written]) -> list[str]:
    """Say where lines of one generation came in another order than they were written."""
    last: dict[int, int] = {}
    for _, generation, number in lines:
        if number < last.get(generation, -1):
            return [f"{name}: line {number} of generation {generation} came late"]
        last[generation] = number
    return []
