"""What is installed is known by content, so that a second start is quick and a changed pin is noticed."""

from pathlib import Path

import pytest

from companion import dev


@pytest.fixture
def venv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `.venv` that has a Python and nothing installed."""
    folder = tmp_path / ".venv"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    monkeypatch.setattr(dev, "VENV", folder)
    monkeypatch.setattr(dev, "PYTHON", folder / "bin" / "python")
    return folder


def stamped(venv: Path, name: str = "requirements.txt") -> Path:
    """A requirements file that was installed as it is."""
    file = venv.parent / name
    file.write_text("flask==3.1.3\n")
    (venv / f"{name}.sha256").write_text(dev._digest(file))
    return file


def test_unchanged_file_is_installed(venv: Path) -> None:
    file = stamped(venv)
    assert dev.is_installed(file)
    dev.install(file)  # would fail with this empty Python if it tried


def test_changed_pin_is_noticed(venv: Path) -> None:
    file = stamped(venv)
    file.write_text("flask==3.1.4\n")
    assert not dev.is_installed(file)


def test_one_file_says_nothing_about_another(venv: Path) -> None:
    stamped(venv)
    other = venv.parent / "requirements-dev.txt"
    other.write_text("flask==3.1.3\n")
    assert not dev.is_installed(other)


def test_lost_python_makes_the_stamp_worthless(venv: Path) -> None:
    file = stamped(venv)
    (venv / "bin" / "python").unlink()
    assert not dev.is_installed(file)


@pytest.mark.parametrize(
    ("arguments", "spread"),
    [
        ([], True),
        (["-k", "grip"], True),
        (["--long", "tests/domain"], True),
        (["--no-header"], True),
        (["-n0"], False),
        (["-n", "8"], False),
        (["--dist=load"], False),
        (["-p", "no:xdist"], False),
        (["--pdb"], False),
        (["-s", "tests/dev"], False),
    ],
)
def test_tests_are_spread_unless_the_caller_says_how(arguments: list[str], spread: bool) -> None:
    assert bool(dev.parallel(arguments)) is spread


def test_browser_named_by_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = tmp_path / "my-chromium"
    browser.touch(mode=0o755)
    monkeypatch.setenv("CHROMIUM", str(browser))
    assert dev.find_browser() == str(browser)


def test_browser_that_is_not_there_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    assert dev.find_browser() is None


@pytest.mark.parametrize(("value", "required"), [(None, False), ("", False), ("0", False), ("1", True)])
def test_browser_can_be_required(value: str | None, required: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUIRE_BROWSER", raising=False)
    if value is not None:
        monkeypatch.setenv("REQUIRE_BROWSER", value)
    assert dev.browser_is_required() is required


def test_every_pin_has_a_hash() -> None:
    for file in (dev.RUNTIME, dev.DEVELOPMENT, dev.INSTALLER):
        entries = [line for line in file.read_text().splitlines() if line and line[0] not in " #"]
        assert entries, file.name
        assert all("==" in entry and entry.endswith("\\") for entry in entries), file.name
        assert "://" not in file.read_text(), f"{file.name} names a package server"
