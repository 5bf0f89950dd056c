"""How heavy is the app on a slow phone? Bytes, requests, script and time to the largest paint, beside a bare page.

The demonstration runs as people run it. Chromium opens the sign-in page, Today and the page of insights, the first
time and again, with a phone's network (150 ms, 1.6 Mbit/s down) and a processor four times slower. Beside it in the
same run: one hand-written page under the same server settings. Bytes are compared with fixed figures of a well-known
log for babies (sign-in 131,760, dashboard 196,735, chart 708,940; script 64,049 and 526,254).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

PAGES = {"sign_in": "/sign-in", "today": "/", "insights": "/insights"}
MOST_BYTES = {"sign_in": 32_940, "today": 39_347, "insights": 56_715}
"""A quarter, a fifth and 0.08 of the peer's bytes."""
MOST_SCRIPT = {"today": 19_214, "insights": 21_050}
"""0.3 and 0.04 of the peer's script."""
MOST_PAINT = 1.6
"""Largest paint against the bare page's."""
PHONE = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
SLOWER = 4
WATCH = """
window.__paint = 0; window.__blocked = 0;
new PerformanceObserver((l) => { for (const e of l.getEntries()) window.__paint = e.startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((l) => { for (const e of l.getEntries()) window.__blocked += Math.max(0, e.duration - 50); })
  .observe({ type: "longtask", buffered: true });
"""
FLAT = """
import os
from flask import Flask
app = Flask("flat")
PAGE = "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>" \\
    "<title>Flat</title><style>body{font:18px sans-serif;margin:16px}</style><h1>How are your hands today?</h1>" \\
    + "".join(f"<p>Line {n} of a page written by hand, as short as a page can be.</p>" for n in range(20))
app.add_url_rule("/", "show", lambda: PAGE)
app.add_url_rule("/healthz", "healthz", lambda: "ok")
"""


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="one turn instead of five")
    asked.add_argument("--json", action="store_true", help="end with one line of JSON")
    given = asked.parse_args()
    rows = []
    for one in measure(1 if given.quick else 5):
        rows.append(one)
        met = {True: "met", False: "not met", None: ""}[one["met"]]
        print(f"{one['name']:<28} {one['value']:>10,.2f} {one['unit']:<8} {met}", flush=True)
    if given.json:
        print(json.dumps({"rows": rows}))


def measure(turns: int) -> Iterator[dict[str, Any]]:
    """Every row: each page the first time and again, then the largest paint against the bare page's."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as player:
        folder, browser = Path(name), open_browser(player)
        with demo(folder) as app, flat(folder) as bare:
            first = {
                name: [look(browser, app, path, person=name != "sign_in") for _ in range(turns)]
                for name, path in PAGES.items()
            }
            floor = [look(browser, bare, "/", person=False) for _ in range(turns)]
        browser.close()
    paint_of_floor = middle(floor, "paint")
    for name, looks in first.items():
        yield row(f"{name}_bytes", middle(looks, "bytes"), "B", MOST_BYTES[name])
        yield row(f"{name}_script", middle(looks, "script"), "B", MOST_SCRIPT.get(name))
        yield row(f"{name}_requests", middle(looks, "requests"), "")
        yield row(f"{name}_again_bytes", middle(looks, "again_bytes"), "B")
        yield row(f"{name}_blocked", middle(looks, "blocked"), "ms")
        yield row(f"{name}_paint", middle(looks, "paint"), "ms")
        yield row(f"{name}_paint_to_bare", middle(looks, "paint") / paint_of_floor, "ratio", MOST_PAINT)
    yield row("bare_paint", paint_of_floor, "ms")


def row(name: str, value: float, unit: str, target: float | None = None) -> dict[str, Any]:
    """One line of the result; a target is the most that is good."""
    met = None if target is None else value <= target
    return {"name": name, "value": round(float(value), 3), "unit": unit, "target": target, "met": met}


def middle(looks: list[dict[str, float]], key: str) -> float:
    """The median of one figure."""
    return statistics.median(one[key] for one in looks)


def open_browser(player: Any) -> Browser:
    """A browser that asks for nothing by itself."""
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run"]
    found = next((path for path in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(path).exists()), None)
    browser: Browser = player.chromium.launch(executable_path=found, args=quiet)
    return browser


def look(browser: Browser, url: str, path: str, *, person: bool) -> dict[str, float]:
    """Open a page in a fresh browser as a phone would, then a second time."""
    context = browser.new_context(viewport={"width": 360, "height": 780}, service_workers="block")
    if person:
        context.request.post(f"{url}/demo/sign-in", form={"person": "ana"}, headers={"Sec-Fetch-Site": "same-origin"})
    first, again = open_page(context, url + path), open_page(context, url + path)
    context.close()
    return first | {"again_bytes": again["bytes"]}


def open_page(context: BrowserContext, url: str) -> dict[str, float]:
    """What came over the wire for one page, and when its largest part was painted."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    wire.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
    wire.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    wire.send("Network.enable")
    wire.send("Network.emulateNetworkConditions", PHONE)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(WATCH)
    page.goto(url, wait_until="networkidle")
    page.wait_for_timeout(500)
    paint, blocked = page.evaluate("[window.__paint, window.__blocked]")
    page.close()
    sent = {ident: size for ident, size in sizes.items() if size > 0}
    script = sum(size for ident, size in sent.items() if kinds.get(ident) == "Script")
    return {"bytes": sum(sent.values()), "script": script, "requests": len(sent), "paint": paint, "blocked": blocked}


@contextmanager
def demo(folder: Path) -> Iterator[str]:
    """The sample circle as people run it."""
    from tests.running import free_port

    port = free_port()
    environ = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port), "COMPANION_DATA": str(folder / "demo")}
    command = [sys.executable, "-m", "companion.dev", "run", "--demo"]
    with served(command, environ, port, folder / "demo.log") as url:
        yield url


@contextmanager
def flat(folder: Path) -> Iterator[str]:
    """The bare page under the same server settings."""
    from tests.running import free_port

    port = free_port()
    (folder / "flat.py").write_text(FLAT)
    environ = {**os.environ, "HOST": "127.0.0.1", "PORT": str(port)}
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        str(ROOT / "gunicorn.conf.py"),
        "--chdir",
        str(folder),
        "flat:app",
    ]
    with served(command, environ, port, folder / "flat.log") as url:
        yield url


@contextmanager
def served(command: list[str], environ: dict[str, str], port: int, log: Path) -> Iterator[str]:
    """Start it, wait until it answers, stop it."""
    url = f"http://127.0.0.1:{port}"
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{url}/healthz", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield url
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main()
