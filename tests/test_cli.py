"""`prepare` ends with one line when the database is not one that this program may touch."""

import base64
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from companion.cli import OtherKeys, check_keys, needs_https
from companion.config import load_config
from companion.extensions import alembic
from companion.keyring import parse_keys
from tests.people import People

ROOT = Path(__file__).resolve().parents[1]
OTHER_KEY = base64.urlsafe_b64encode(b"x" * 32).decode()


def prepare(data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run the command as people do."""
    return run_command("prepare", data=data, **environ)


def run_command(*words: str, data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run one command as people do."""
    command = [sys.executable, "-m", "flask", "--app", "wsgi", *words]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("COMPANION_")}
    settings = {**kept, "COMPANION_DATA": str(data), **environ}
    return subprocess.run(command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False, timeout=60)


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a start ended with."""
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    return lines[0]


def test_a_new_database_is_private_and_a_second_start_changes_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for _ in range(2):
        done = prepare(tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert {p.name: p.stat().st_mode & 0o077 for p in tmp_path.iterdir()} == dict.fromkeys(
        ("companion.db", "data_keys", "secret_key"), 0
    )


def test_the_worker_alone_refuses_a_newer_database_too(empty_sqlite: Path, tmp_path: Path) -> None:
    data = shutil.copytree(empty_sqlite, tmp_path / "data")
    with sqlite3.connect(data / "companion.db") as connection:
        connection.execute("update alembic_version set version_num = '9999'")
    assert "newer version" in refused(run_command("worker", "--once", data=data))


@pytest.mark.parametrize(
    ("url", "told"),
    [("http://nas.local:8000", True), ("https://care.example.org", False), ("http://localhost:8000", False)],
)
def test_plain_http_beyond_this_machine_is_pointed_out(tmp_path: Path, url: str, told: bool) -> None:
    config = load_config({"COMPANION_DATA": str(tmp_path), "COMPANION_BASE_URL": url})
    assert needs_https(config) is told


def test_the_note_about_http_does_not_stop_the_start(tmp_path: Path) -> None:
    done = prepare(tmp_path, COMPANION_BASE_URL="http://nas.local:8000")
    assert (done.returncode, done.stdout) == (0, "")
    assert "only by https" in done.stderr
    assert "Apple then refuses push messages" in done.stderr


def test_a_newer_database_is_left_alone(empty_sqlite: Path, tmp_path: Path) -> None:
    data = shutil.copytree(empty_sqlite, tmp_path / "data")
    database = sqlite3.connect(data / "companion.db")
    with database:
        database.execute("update alembic_version set version_num = '9999_newer'")
    before = list(database.iterdump())
    line = refused(prepare(data))
    assert "newer version" in line
    assert str(data) in line
    assert list(database.iterdump()) == before
    database.close()


def test_what_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "file.db").write_text("a letter")
    line = refused(prepare(tmp_path, COMPANION_DATABASE_URL=f"sqlite:///{tmp_path / 'file.db'}"))
    assert line.startswith("COMPANION_DATABASE_URL")
    assert (tmp_path / "file.db").read_text() == "a letter"


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    line = refused(prepare(tmp_path, COMPANION_DATABASE_URL="postgresql+psycopg://ana:canary@127.0.0.1:1/x"))
    assert line.startswith("COMPANION_DATABASE_URL")
    assert "canary" not in line


def test_a_bad_setting_is_one_line(tmp_path: Path) -> None:
    done = prepare(tmp_path, PORT="eighty")
    assert done.returncode != 0
    assert done.stderr.splitlines()[-1].startswith("Error: PORT is 'eighty'")
    assert "Traceback" not in done.stderr


# --- keys ---


@pytest.mark.parametrize("keys", ["{other}", "{other},{other}", "{own},{other}"])
def test_keys_that_do_not_fit_stop_the_start(app, people: People, keys: str) -> None:
    own = app.config["KEYRING"].keys[0][1]
    text = keys.format(own=base64.urlsafe_b64encode(own).decode(), other=OTHER_KEY)
    app.config["KEYRING"] = parse_keys(text)
    with pytest.raises(OtherKeys):
        check_keys()


def test_a_key_in_front_is_fine_and_so_is_an_empty_database(app) -> None:
    check_keys()
    alembic.downgrade("base")
    check_keys()


def test_a_key_in_front_of_the_first_fits(app, people: People) -> None:
    app.config["KEYRING"] = type(app.config["KEYRING"])(parse_keys(OTHER_KEY).keys + app.config["KEYRING"].keys)
    check_keys()


def test_prepare_names_the_setting_of_the_keys_before_it_changes_anything(empty_sqlite: Path, tmp_path: Path) -> None:
    from companion.config import load_config
    from tests.fixtures import make_app
    from tests.people import make_people

    data = shutil.copytree(empty_sqlite, tmp_path / "data")
    app = make_app(data)
    with app.app_context():
        make_people(app)
    with sqlite3.connect(data / "companion.db") as database:
        database.execute("delete from alembic_version")  # a migration would now fail on what is there already
    assert load_config({"COMPANION_DATA": str(data)}).keyring == app.config["KEYRING"]
    line = refused(prepare(data, COMPANION_DATA_KEYS=OTHER_KEY))
    assert line.startswith("COMPANION_DATA_KEYS")
    assert OTHER_KEY not in line
