"""The house keeps its own rules: settings documented, templates compile, tables match migrations."""

import re
import subprocess
from pathlib import Path

import pytest
from flask import Flask

from companion.extensions import alembic

ROOT = Path(__file__).resolve().parents[2]
SETTING = re.compile(r"\"(COMPANION_[A-Z_]+|HOST|PORT)\"")
_LISTED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
TRACKED = _LISTED.stdout.split("\n")
FOREIGN = re.compile(r"(^|[^\w.])/(work|farm)/|https?://[^/ ]*(pypi|npmjs|debian)[^/ ]*")


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "operating.md").read_text()
    names = {n for path in (ROOT / "companion").rglob("*.py") for n in SETTING.findall(path.read_text())}
    assert sorted(name for name in names if f"`{name}`" not in text) == []


def test_every_template_compiles(app: Flask):
    for name in app.jinja_env.list_templates():
        app.jinja_env.get_template(name)


def test_the_migrations_match_the_tables(app: Flask):
    assert alembic.compare_metadata() == []


def test_a_downgrade_takes_everything_away_again(app: Flask):
    alembic.downgrade("base")
    alembic.upgrade()
    assert alembic.compare_metadata() == []


@pytest.mark.skipif(not TRACKED[0], reason="not a git checkout")
def test_no_file_names_a_machine_or_a_registry():
    bad = []
    for name in filter(None, TRACKED):
        path = ROOT / name
        if not path.is_file() or path.suffix in (".png", ".ico") or path == Path(__file__):
            continue
        bad += [name for line in path.read_text(errors="replace").splitlines() if FOREIGN.search(line)]
    assert bad == []
