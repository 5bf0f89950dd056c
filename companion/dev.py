"""Two commands for a bare machine, `run` and `test`; the standard library only: there is nothing else yet."""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import http.client
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from companion.supervisor import Child, NeverReady, supervise

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
RUNTIME, DEVELOPMENT, INSTALLER = (
    ROOT / name for name in ("requirements.txt", "requirements-dev.txt", "requirements-uv.txt")
)

BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    # macOS, untried.
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
FONTS = ("fonts-noto-cjk", "fonts-roboto-unhinted")  # screenshots and widths in both languages

Environment = dict[str, str]


class Trouble(Exception):
    """Something the person at the keyboard can put right; shown as one line, without a traceback."""


def main(arguments: list[str]) -> int:
    """Carry out one command and return the exit code."""
    if sys.version_info < (3, 11):  # noqa: UP036 - the reader may well have an older one
        print("companion: Python 3.11 or newer is needed.", file=sys.stderr)
        return 1
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    try:
        if arguments[:1] == ["test"]:
            return test(arguments[1:])
        return run(demo=_parse(arguments).demo)
    except Trouble as trouble:
        print(f"companion: {trouble}", file=sys.stderr)
        return 1
    except NeverReady as failure:
        print(f"companion: the {failure} process does not start; the lines above say why.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _leave(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m companion.dev", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    runs = commands.add_parser("run", help="install what is missing, then start the web and worker processes")
    runs.add_argument("--demo", action="store_true", help="a sample circle in a folder that is thrown away")
    commands.add_parser("test", help="install what is missing, then run every test; takes pytest's arguments")
    return parser.parse_args(arguments)


def install(*files: Path) -> None:
    """Make `.venv` and install the pinned files into it; quick when nothing changed since the last time."""
    with _one_at_a_time():
        wanted = [file for file in files if not is_installed(file)]
        if not wanted:
            return
        make_environment()
        for file in wanted:
            print(f"Installing {file.name} …", flush=True)
            _install(file)
            _stamp(file).write_text(_digest(file))


def is_installed(file: Path) -> bool:
    """Whether exactly this content of a requirements file was installed before."""
    stamp = _stamp(file)
    return PYTHON.exists() and stamp.is_file() and stamp.read_text() == _digest(file)


def _stamp(file: Path) -> Path:
    return VENV / f"{file.name}.sha256"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two commands started together must not install into the same place; the folder itself is the lock."""
    descriptor = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_environment() -> None:
    """Make `.venv`, or make it anew when its Python is gone or too old."""
    works = [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    if PYTHON.exists() and subprocess.run(works, capture_output=True).returncode == 0:
        return
    _need_venv_module()
    print("Making .venv …", flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)]).returncode != 0:
        raise Trouble(f"{VENV} could not be made; the lines above say why.")


def _need_venv_module() -> None:
    if importlib.util.find_spec("ensurepip") and importlib.util.find_spec("venv"):
        return
    package = f"python3.{sys.version_info.minor}-venv"  # Debian keeps this part of Python in its own package
    if not apt_install(package):
        raise Trouble(f"this Python lacks the venv module. Install it first: sudo apt-get install {package}")


def _install(file: Path) -> None:
    uv = VENV / "bin" / "uv"
    locked = ["install", "--quiet", "--require-hashes", "-r"]
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", *locked]
    if not is_installed(INSTALLER) and _succeeds([*pip, str(INSTALLER)]):
        _stamp(INSTALLER).write_text(_digest(INSTALLER))
    fast = [str(uv), "pip", *locked, str(file), "--python", str(PYTHON)]
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        fast.append("--system-certs")  # as pip does: a certificate that the machine's owner added counts
    if is_installed(INSTALLER) and _succeeds(fast):
        return
    print(f"uv could not install {file.name}; trying pip, which takes longer …", flush=True)
    if not _succeeds([*pip, str(file)]):
        raise Trouble(f"{file.name} could not be installed; the lines above say why.")


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, cwd=ROOT).returncode == 0
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return False


def apt_install(*packages: str) -> bool:
    """Install Debian packages where this is Debian and we may; False where not."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    print(f"Installing {' '.join(packages)} …", flush=True)
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    get = ["apt-get", "install", "-qq", "-y", "--no-install-recommends", *packages]
    return all(
        subprocess.run(command, env=quiet, stdout=subprocess.DEVNULL).returncode == 0
        for command in (["apt-get", "update", "-qq"], get)
    )


def test(arguments: list[str]) -> int:
    """Install the development requirements and a browser when missing, then become pytest."""
    install(RUNTIME, DEVELOPMENT)
    browser = ensure_browser()
    environ = {**os.environ, **({"CHROMIUM": browser} if browser else {})}
    command = [str(PYTHON), "-m", "pytest", *parallel(arguments), *arguments]
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(PYTHON, command, environ)


def parallel(arguments: list[str]) -> list[str]:
    """Spread the tests over the processors, unless the caller says how or wants to step through them."""
    chosen = {"--numprocesses", "--dist", "--pdb", "--trace", "-s", "--collect-only", "--co", "no:xdist"}
    if any(argument.startswith("-n") or argument.split("=")[0] in chosen for argument in arguments):
        return []
    return ["-n", str(max(3, min(4, (os.cpu_count() or 2) + 1))), "--dist", "loadfile", "--no-loadscope-reorder"]


def find_browser() -> str | None:
    """The path of a Chromium: the one named by CHROMIUM, else the first one found."""
    names = (os.environ["CHROMIUM"],) if os.environ.get("CHROMIUM") else BROWSERS
    return next(filter(None, map(shutil.which, names)), None)


def ensure_browser() -> str | None:
    """Find a browser and the fonts, or install them. Raises Trouble without one when REQUIRE_BROWSER=1."""
    missing = [] if find_browser() else ["chromium"]
    missing += [font for font in FONTS if not _has_debian_package(font)]
    if missing and not apt_install(*missing):
        print(f"companion: not installed: {', '.join(missing)}", file=sys.stderr)
    browser = find_browser()
    if browser is None:
        advice = "no Chromium found. Install chromium, or name one with CHROMIUM=/path/to/it."
        if browser_is_required():
            raise Trouble(advice)
        print(f"companion: BROWSER TESTS ARE SKIPPED: {advice}", file=sys.stderr, flush=True)
    return browser


def browser_is_required() -> bool:
    """Whether a missing browser is an error (REQUIRE_BROWSER=1)."""
    return os.environ.get("REQUIRE_BROWSER", "0") not in ("", "0")


def _has_debian_package(name: str) -> bool:
    if not shutil.which("dpkg-query"):
        return True  # another system: its fonts are its own affair
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name]
    return subprocess.run(query, capture_output=True, text=True).stdout == "installed"


def run(*, demo: bool = False) -> int:
    """Prepare the data folder, then keep the web and worker processes going until a signal ends them."""
    with contextlib.ExitStack() as stack:
        environ = dict(os.environ)
        if demo:
            folder = stack.enter_context(
                tempfile.TemporaryDirectory(prefix="companion-demo-", ignore_cleanup_errors=True)
            )
            environ = demo_environment(environ, Path(folder))
        address = Address.read(environ)
        address.check_free()
        data = data_folder(environ)
        environ |= {"HOST": address.host, "PORT": str(address.port), "COMPANION_DATA": str(data)}
        environ |= {"PYTHONUNBUFFERED": "1"}
        install(RUNTIME)
        os.umask(0o077)  # from here on, all that is written is health data
        if subprocess.run(flask("load-demo" if demo else "prepare"), cwd=ROOT, env=environ).returncode != 0:
            return 1  # the command itself has said why, in one line
        address.check_free()  # installing may have taken a while
        web = [str(PYTHON), "-m", "gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"]
        children = [Child("web", web, ROOT, environ), Child("worker", flask("worker"), ROOT, environ)]
        supervise(children, address.answers, welcome(environ, address, data))
    return 0


def flask(command: str) -> list[str]:
    """The command line of one of the application's own commands."""
    return [str(PYTHON), "-m", "flask", "--app", "wsgi", command]


def demo_environment(environ: Environment, folder: Path) -> Environment:
    """The same settings, except that nothing of the demo may reach a real database or a real mail server."""
    demo = {**environ, "COMPANION_DATA": str(folder), "COMPANION_DEMO": "1"}
    demo.pop("COMPANION_DATABASE_URL", None)
    if urlsplit(demo.get("COMPANION_SMTP_URL", "")).hostname not in ("127.0.0.1", "localhost", "::1"):
        demo.pop("COMPANION_SMTP_URL", None)
    return demo


def data_folder(environ: Environment) -> Path:
    """The data folder, made when missing (0700). Raises Trouble when nothing can be written there."""
    folder = Path(environ.get("COMPANION_DATA") or ROOT / "instance").resolve()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        raise Trouble(f"COMPANION_DATA={folder} cannot be written ({error.strerror}).") from error


def welcome(environ: Environment, address: Address, data: Path) -> str:
    """What the person at the keyboard needs to know once the application answers."""
    lines = [f"\nMMN Companion is ready: {environ.get('COMPANION_BASE_URL') or address.url}"]
    if environ.get("COMPANION_DEMO") == "1":
        lines += ["Continue as Ana / Ben / Vera / Sam. It is a demo: all of it is gone when you stop it."]
    elif environ.get("COMPANION_SMTP_URL"):
        lines += ["To sign in, type your email address there. A mail with a link and a code follows."]
    else:
        lines += [
            "To sign in, type your email address there. No mail server is set,",
            f"so the sign-in mail appears in this window and in {data / 'outbox'}.",
        ]
    return "\n".join([*lines, "Stop with Ctrl-C.\n"])


@dataclass(frozen=True)
class Address:
    """Where the web process listens."""

    host: str
    port: int

    @classmethod
    def read(cls, environ: Environment) -> Address:
        """HOST and PORT, by default 127.0.0.1 and 8000. Raises Trouble for what is no port."""
        port = environ.get("PORT") or "8000"
        if not (port.isascii() and port.isdigit() and len(port) < 6 and 1 <= int(port) <= 65535):
            raise Trouble(f"PORT={port} is not a port: give a number from 1 to 65535.")
        return cls(environ.get("HOST") or "127.0.0.1", int(port))

    @property
    def url(self) -> str:
        """The address for a browser."""
        return f"http://[{self.host}]:{self.port}" if ":" in self.host else f"http://{self.host}:{self.port}"

    def check_free(self) -> None:
        """Raise Trouble when nobody can listen here, above all because somebody does."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, where = found[0]
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as gunicorn does
                probe.bind(where)
                probe.listen(1)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or error
            raise Trouble(
                f"cannot listen on HOST={self.host} PORT={self.port} ({reason}). "
                f"Stop what runs there, or choose another: PORT={self.port % 65535 + 1}"
            ) from error

    def answers(self) -> bool:
        """Whether the web process gives any answer to a request."""
        local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        connection = http.client.HTTPConnection(local, self.port, timeout=1)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status > 0
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
