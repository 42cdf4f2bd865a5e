"""The measurements in the document are those that ``make bench`` wrote."""

from doubles.documents import ROOT

DOCUMENT = ROOT / "docs/explanation/performance.md"
RESULTS = ROOT / "benchmarks/results.md"


def rows(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("| ")]


def test_the_document_repeats_the_measurements() -> None:
    measured = rows(RESULTS.read_text())
    assert measured[0].startswith("| stage |")
    shown = rows(DOCUMENT.read_text())
    start = shown.index(measured[0])
    assert shown[start : start + len(measured)] == measured
