"""What the environment may say to `run`, and the line that answers a bad value."""

import socket
from pathlib import Path

import pytest

from companion import dev


@pytest.mark.parametrize("port", ["0", "65536", "-1", "eighty", "8000.0", "٨٠٠٠", "9" * 5000])
def test_what_is_no_port_is_named(port: str) -> None:
    with pytest.raises(dev.Trouble, match=r"PORT=.* is not a port"):
        dev.Address.read({"PORT": port})


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"HOST": "", "PORT": ""}, "http://127.0.0.1:8000"),
        ({"HOST": "::1", "PORT": "8080"}, "http://[::1]:8080"),
        ({"HOST": "localhost"}, "http://localhost:8000"),
    ],
)
def test_address(environ: dict[str, str], url: str) -> None:
    assert dev.Address.read(environ).url == url


def test_busy_port_is_named_with_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = busy.getsockname()[1]
        with pytest.raises(dev.Trouble, match=rf"HOST=127.0.0.1 PORT={port} .*in use.*choose another"):
            dev.Address("127.0.0.1", port).check_free()


def test_free_port_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as once:
        port = once.getsockname()[1]
    for _ in range(2):
        dev.Address("127.0.0.1", port).check_free()


def test_host_of_another_machine_is_named() -> None:
    with pytest.raises(dev.Trouble, match=r"HOST=192\.0\.2\.1 PORT=8000"):
        dev.Address("192.0.2.1", 8000).check_free()


def test_data_folder_is_made_private(tmp_path: Path) -> None:
    folder = dev.data_folder({"COMPANION_DATA": str(tmp_path / "new" / "data")})
    assert folder.stat().st_mode & 0o777 == 0o700


def test_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(dev.Trouble, match=r"COMPANION_DATA=.*/file/data cannot be written"):
        dev.data_folder({"COMPANION_DATA": str(tmp_path / "file" / "data")})


def test_the_demo_touches_nothing_real(tmp_path: Path) -> None:
    real = {
        "COMPANION_DATA": "/srv/companion",
        "COMPANION_DATABASE_URL": "postgresql+psycopg://db/companion",
        "COMPANION_SMTP_URL": "smtp://mail.example.org",
        "PORT": "8001",
    }
    demo = dev.demo_environment(real, tmp_path)
    assert demo == {"COMPANION_DATA": str(tmp_path), "COMPANION_DEMO": "1", "PORT": "8001"}


def test_the_demo_may_mail_to_this_machine(tmp_path: Path) -> None:
    demo = dev.demo_environment({"COMPANION_SMTP_URL": "smtp://127.0.0.1:2525"}, tmp_path)
    assert demo["COMPANION_SMTP_URL"] == "smtp://127.0.0.1:2525"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "the sign-in mail appears in this window and in /data/outbox"),
        ({"COMPANION_SMTP_URL": "smtp://127.0.0.1"}, "A mail with a link and a code follows."),
        ({"COMPANION_DEMO": "1"}, "Continue as Ana / Ben / Vera / Sam."),
        ({"COMPANION_BASE_URL": "https://hands.example.org"}, "ready: https://hands.example.org\n"),
    ],
)
def test_welcome_says_how_to_sign_in(environ: dict[str, str], words: str) -> None:
    assert words in dev.welcome(environ, dev.Address("127.0.0.1", 8000), Path("/data"))
