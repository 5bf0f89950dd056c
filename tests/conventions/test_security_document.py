"""docs/security.md names tests that exist, and two of its promises are read from the source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", DOCUMENT)
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in DOCUMENT.splitlines()
    if re.match(r"\| \d", line)
]
MAY_BE_GUESSED = {
    "companion/delivery/jobs/ahead.py",
    "companion/delivery/operations/settling.py",
    "companion/demo/operations/__init__.py",
    "companion/demo/operations/check_ins.py",
}
"""How long to wait, and the sample circle, which is the same each time."""


def sources(words: str) -> Iterator[tuple[str, ast.Module]]:
    """The files of the program in which one of these words stands."""
    for path in sorted((ROOT / "companion").rglob("*.py")):
        if re.search(words, text := path.read_text()):
            yield str(path.relative_to(ROOT)), ast.parse(text)


def test_every_test_that_the_document_names_exists() -> None:
    known: dict[str, set[str]] = {}
    for file, _name in NAMED:
        text = (ROOT / file).read_text() if (ROOT / file).is_file() else ""
        known[file] = set(re.findall(r"^ *def (test_\w+)\(", text, re.MULTILINE))
    assert [f"{file}::{name}" for file, name in NAMED if name not in known[file]] == []
    assert len(NAMED) > 100


def test_a_row_has_a_test_or_says_that_it_is_not_met() -> None:
    assert len(ROWS) > 50
    assert [row for row in ROWS if len(row) != 5] == []
    assert [row[0] for row in ROWS if not row[4] and "**Not met" not in row[3]] == []
    assert [row[0] for row in ROWS if not re.fullmatch(r"[1-3](, [1-3])*", row[1])] == []


def test_no_statement_is_put_together_from_text() -> None:
    """`text()` and its like are given words that stand in the source, never what was put together."""
    wrong = []
    for file, tree in sources(r"\b(text|exec_driver_sql|literal_column)\("):
        if "/migrations/" in file:
            continue
        for node in ast.walk(tree):
            name = getattr(getattr(node, "func", None), "attr", None)
            if isinstance(node, ast.Call) and name in ("text", "exec_driver_sql", "literal_column"):
                wrong += [
                    f"{file}:{node.lineno}" for one in node.args[:1] if isinstance(one, ast.JoinedStr | ast.BinOp)
                ]
    assert wrong == []


def test_what_must_not_be_guessed_comes_from_secrets() -> None:
    uses = {
        file
        for file, tree in sources(r"\b(random|uuid)\b")
        for node in ast.walk(tree)
        if (isinstance(node, ast.Import) and any(one.name in ("random", "uuid") for one in node.names))
        or (isinstance(node, ast.ImportFrom) and node.module in ("random", "uuid"))
    }
    assert uses <= MAY_BE_GUESSED
