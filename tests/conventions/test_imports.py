"""Imports only go down: between the kinds of files, and between the features."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "companion"
FILES = sorted(p for p in PACKAGE.rglob("*.py") if "migrations" not in p.parts)

FEATURES = {
    "delivery": 0,
    "trail": 0,
    "accounts": 1,
    "consents": 1.5,
    "circles": 2,
    "devices": 2,
    "checkins": 3,
    "infusions": 3,
    "visits": 3,
    "preparations": 4,
    "supplies": 4,
    "recalls": 5,
    "reminders": 5,
    "insights": 6,
    "clinician_links": 6,
    "medical_cards": 6,
    "messages": 6,
    "paper_logs": 6,
    "calendar": 6,
    "exchange": 7,
    "assistance": 7,
    "today": 8,
    "api": 8,
    "offline": 8,
    "demo": 9,
}
ALONE = {"learn", "pwa"}
READS_LEARN = {"today"}
KINDS = {"models": 1, "queries": 2, "operations": 2, "forms": 3, "jobs": 4, "routes": 4}
ONLY_CALLERS_OF_NOW = {"routes", "jobs", "cli", "worker", "health", "submissions", "formatting", "demo"}
# Flask-Login asks this one who the viewer is, at the start of a request.
# The trail says when a change was committed, whoever made it.
MAY_ASK_TOO = {PACKAGE / "accounts" / "queries.py", PACKAGE / "trail" / "operations" / "writing.py"}


def imports_of(path: Path) -> Iterator[str]:
    """Names of all modules of the package that a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("companion"):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("companion"))


def place_of(name: str) -> tuple[str, str]:
    """Feature and kind of file that a dotted name means: `companion.checkins.queries.x` is (checkins, queries)."""
    parts = [*name.split(".")[1:], "", ""]
    kind = next((part for part in parts[1:3] if part in KINDS), "")
    return parts[0], kind


def place_of_file(path: Path) -> tuple[str, str]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return place_of(".".join(parts))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down(path):
    feature, kind = place_of_file(path)
    for name in imports_of(path):
        other, other_kind = place_of(name)
        if feature in FEATURES and other in FEATURES and other != feature:
            assert FEATURES[other] < FEATURES[feature], f"{feature} imports {other}, which is above or beside it"
            assert other_kind not in ("routes", "forms"), f"{feature} imports the {other_kind} of {other}"
        if feature in ALONE:
            assert other not in FEATURES, f"{feature} imports no feature, but {other}"
        if feature in FEATURES and other == "learn":
            assert feature in READS_LEARN, f"only {READS_LEARN} choose articles"
        if kind and other_kind and other == feature:
            assert KINDS[other_kind] <= KINDS[kind], f"{kind} imports {other_kind}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "domain").glob("*.py")), ids=lambda p: p.name)
def test_the_domain_is_pure(path):
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            assert name.split(".")[0] in sys.stdlib_module_names or name.startswith("companion.domain"), name


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_only_routes_jobs_and_commands_ask_for_the_time(path):
    feature, kind = place_of_file(path)
    if {feature, kind, path.stem} & ONLY_CALLERS_OF_NOW or path in MAY_ASK_TOO:
        return
    source = path.read_text()
    assert "clock.now()" not in source, "take `now` as an argument"
    if path.name != "clock.py":
        assert "datetime.now(" not in source
        assert "date.today(" not in source
