"""How heavy is the app on a slow phone? Bytes, requests, script and time to the largest paint, beside a bare page.

The demonstration runs as people run it, after a first look at each page. Chromium opens the sign-in page, Today and
the page of insights in a fresh profile and again, over a phone's line (150 ms a round trip, 1.6 Mbit/s down; see
`slow_line.py`) and with a processor four times slower. In turns with them: one page written by hand, 11 kB with its
style, script and drawing in it, packed, under the same server settings.

Bytes are compared with fixed figures of a well-known log for babies (sign-in 131,760, dashboard 196,735, chart
708,940; script 64,049 and 526,254). They are those of page, styles, scripts and what these fetch at once, without
what the phone gets to keep later: what the service worker keeps, and once a day the forms that are asked for now
and then.

Chromium's own emulation slows down requests, but making a connection costs nothing in it; on a real line that costs
the bare page as much as ours. It is measured as well, as `…_emulated_to_bare`. Where the command `lighthouse` is
found, a run that is not quick adds its rows.
"""

import argparse
import http.cookiejar
import json
import os
import shutil
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

from benchmarks.slow_line import SlowLine, slow_line  # noqa: E402  the folder of this file is no package's root

CHROME = next((path for path in ("/usr/bin/chromium", "/usr/bin/google-chrome") if Path(path).exists()), None)
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
import gzip
from flask import Flask, Response
app = Flask("flat")
STYLE = "".join(f".c{n}{{margin:{n}px 0;padding:{n + 4}px;border-radius:{n}px;color:#2a1f1{n}}}" for n in range(9))
LINE = " ".join(f"{n * 2},{60 + (n * 37) % 53}" for n in range(180))
ROWS = "".join(f"<p class=c{n % 9}>{n + 1} Nov: left {20 + n % 5}.{n % 10} kg, right {11 + n % 3}.{n % 10} kg, "
               "on a page written by hand, as short as a page can be.</p>" for n in range(86))
PAGE = f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>" \\
    f"<title>Flat</title><style>body{{font:18px/1.5 sans-serif;margin:16px}}{STYLE}</style>" \\
    f"<h1>How are your hands today?</h1><svg viewBox='0 0 360 140' role=img aria-label=Grip><polyline fill=none " \\
    f"stroke=#114a42 points='{LINE}'/></svg>{ROWS}<script>document.querySelector('h1').onclick = () => " \\
    "document.body.classList.toggle('c1')</script></html>"
PACKED = gzip.compress(PAGE.encode(), mtime=0)
app.add_url_rule("/", "show", lambda: Response(PACKED, mimetype="text/html", headers={"Content-Encoding": "gzip"}))
app.add_url_rule("/healthz", "healthz", lambda: "ok")
"""
QUIET_MS = 1000
"""A page has come when nothing was asked for in this time."""


def main() -> None:
    """Measure and print."""
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--quick", action="store_true", help="one turn instead of five")
    asked.add_argument("--json", action="store_true", help="end with one line of JSON")
    given = asked.parse_args()
    rows = []
    for one in measure(1 if given.quick else 5, lighthouse=None if given.quick else shutil.which("lighthouse")):
        rows.append(one)
        met = {True: "met", False: "not met", None: ""}[one["met"]]
        print(f"{one['name']:<28} {one['value']:>10,.2f} {one['unit']:<8} {met}", flush=True)
    if given.json:
        print(json.dumps({"rows": rows}))


def measure(turns: int, lighthouse: str | None) -> Iterator[dict[str, Any]]:
    """Every row: each page the first time and again, then the largest paint against the bare page's."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as player:
        folder, browser = Path(name), open_browser(player)
        with demo(folder) as (app, line), flat(folder) as (bare, bare_line):
            first: dict[str, list[dict[str, float]]] = {name: [] for name in PAGES}
            emulated: dict[str, list[dict[str, float]]] = {name: [] for name in PAGES}
            floor: list[dict[str, float]] = []
            emulated_floor: list[dict[str, float]] = []
            wake(app, bare)
            look(browser, bare, "/", person=False)
            for _ in range(turns):
                for is_slow, floors, looks in ((True, floor, first), (False, emulated_floor, emulated)):
                    line.is_slow = bare_line.is_slow = is_slow
                    floors.append(look(browser, bare, "/", person=False, emulated=not is_slow))
                    for name, path in PAGES.items():
                        person = name != "sign_in"
                        looks[name].append(look(browser, app, path, person=person, emulated=not is_slow))
            by_lighthouse = list(lighthouse_rows(lighthouse, folder, app, bare)) if lighthouse else []
        browser.close()
    paint_of_floor = middle(floor, "paint")
    for name, looks_at in first.items():
        yield row(f"{name}_bytes", middle(looks_at, "bytes"), "B", MOST_BYTES[name])
        yield row(f"{name}_script", middle(looks_at, "script"), "B", MOST_SCRIPT.get(name))
        yield row(f"{name}_requests", middle(looks_at, "requests"), "")
        yield row(f"{name}_again_bytes", middle(looks_at, "again_bytes"), "B")
        yield row(f"{name}_blocked", middle(looks_at, "blocked"), "ms")
        yield row(f"{name}_paint", middle(looks_at, "paint"), "ms")
        yield row(f"{name}_paint_to_bare", middle(looks_at, "paint") / paint_of_floor, "ratio", MOST_PAINT)
        yield row(
            f"{name}_emulated_to_bare", middle(emulated[name], "paint") / middle(emulated_floor, "paint"), "ratio"
        )
    yield row("bare_paint", paint_of_floor, "ms")
    yield from by_lighthouse


def wake(app: str, bare: str) -> None:
    """One plain look at each page: both servers load what they need at the first one."""
    asks = signed_in(app)[0]
    for url in (f"{bare}/", *(f"{app}{path}" for path in PAGES.values()), f"{app}/check-ins/new", f"{app}/sw.js"):
        asks.open(url).close()
    urllib.request.urlopen(f"{app}/sign-in").close()


def signed_in(app: str) -> tuple[urllib.request.OpenerDirector, str]:
    """What asks as Ana, and her cookies."""
    jar = http.cookiejar.CookieJar()
    asks = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    asks.open(urllib.request.Request(f"{app}/demo/sign-in", b"person=ana", {"Sec-Fetch-Site": "same-origin"})).close()
    return asks, "; ".join(f"{one.name}={one.value}" for one in jar)


def lighthouse_rows(command: str, folder: Path, app: str, bare: str) -> Iterator[dict[str, Any]]:
    """The same by Lighthouse on its phone, the medians of three runs in turns; Today needs somebody signed in."""
    cookie = json.dumps({"Cookie": signed_in(app)[1]})
    pages = {"bare": bare, "sign_in": f"{app}/sign-in", "today": f"{app}/"}
    paints: dict[str, list[float]] = {name: [] for name in pages}
    for _ in range(3):
        for name, url in pages.items():
            out = folder / "lighthouse.json"
            asked = [
                command,
                url,
                "--quiet",
                "--output=json",
                f"--output-path={out}",
                "--only-categories=performance",
            ]
            asked.append("--chrome-flags=--headless=new --no-sandbox --disable-gpu --disable-background-networking")
            asked += [f"--extra-headers={cookie}"] if name == "today" else []
            environ = os.environ | ({"CHROME_PATH": CHROME} if CHROME else {})
            subprocess.run(asked, check=True, capture_output=True, env=environ)
            paints[name].append(json.loads(out.read_text())["audits"]["largest-contentful-paint"]["numericValue"])
    floor = statistics.median(paints["bare"])
    for name in ("sign_in", "today"):
        ratio = statistics.median(paints[name]) / floor
        yield row(f"{name}_lighthouse_paint_to_bare", ratio, "ratio", MOST_PAINT)


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
    browser: Browser = player.chromium.launch(executable_path=CHROME, args=quiet)
    return browser


def look(browser: Browser, url: str, path: str, *, person: bool, emulated: bool = False) -> dict[str, float]:
    """Open a page in a fresh browser as a phone would, then a second time."""
    context = browser.new_context(viewport={"width": 360, "height": 780}, service_workers="block")
    if person:
        context.request.post(f"{url}/demo/sign-in", form={"person": "ana"}, headers={"Sec-Fetch-Site": "same-origin"})
    first, again = open_page(context, url + path, emulated), open_page(context, url + path, emulated)
    context.close()
    return first | {"again_bytes": again["bytes"]}


def open_page(context: BrowserContext, url: str, emulated: bool) -> dict[str, float]:
    """What came over the wire for one page, and when its largest part was painted."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    sizes: dict[str, float] = {}
    wire.on("Network.responseReceived", lambda e: kinds.update({e["requestId"]: e["type"]}))
    wire.on("Network.loadingFinished", lambda e: sizes.update({e["requestId"]: e["encodedDataLength"]}))
    wire.send("Network.enable")
    if emulated:
        wire.send("Network.emulateNetworkConditions", PHONE)
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(WATCH)
    page.goto(url, wait_until="load")
    known = -1
    while known != (known := len(sizes)):
        page.wait_for_timeout(QUIET_MS)
    paint, blocked = page.evaluate("[window.__paint, window.__blocked]")
    page.close()
    sent = {ident: size for ident, size in sizes.items() if size > 0}
    script = sum(size for ident, size in sent.items() if kinds.get(ident) == "Script")
    return {"bytes": sum(sent.values()), "script": script, "requests": len(sent), "paint": paint, "blocked": blocked}


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, SlowLine]]:
    """The sample circle as people run it, and the line to it."""
    command = [sys.executable, "-m", "companion.dev", "run", "--demo"]
    with served(command, {"COMPANION_DATA": str(folder / "demo")}, folder / "demo.log") as app:
        yield app


@contextmanager
def flat(folder: Path) -> Iterator[tuple[str, SlowLine]]:
    """The bare page under the same server settings, and the line to it."""
    (folder / "flat.py").write_text(FLAT)
    settings = ["-c", str(ROOT / "gunicorn.conf.py"), "--chdir", str(folder), "flat:app"]
    with served([sys.executable, "-m", "gunicorn", *settings], {}, folder / "flat.log") as page:
        yield page


@contextmanager
def served(command: list[str], settings: dict[str, str], log: Path) -> Iterator[tuple[str, SlowLine]]:
    """Start it behind a line, wait until it answers, stop it."""
    from tests.running import free_port

    port = free_port()
    with slow_line(port) as line, log.open("wb") as out:
        url = f"http://127.0.0.1:{line.port}"
        place = {"HOST": "127.0.0.1", "PORT": str(port), "COMPANION_BASE_URL": url}
        process = subprocess.Popen(command, cwd=ROOT, env=os.environ | place | settings, stdout=out, stderr=out)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"{url}/healthz", timeout=2).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield url, line
        finally:
            process.terminate()
            process.wait(20)


if __name__ == "__main__":
    main()
