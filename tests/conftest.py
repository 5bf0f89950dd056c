"""What every test run shares: its options, the browser, and how far the search for odd values goes."""

import os
import re
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from itertools import zip_longest
from typing import Any

import pytest

from companion.dev import browser_is_required, find_browser

pytest_plugins = ["tests.plain_install", "tests.network", "tests.fixtures"]

BROWSER_FIXTURES = {"page", "context", "browser", "new_context", "browser_type"}
CHROMIUM_ARGUMENTS = (
    "--no-sandbox",  # as root, in a container, there is none
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-quic",
    "--no-first-run",
    # The browser is out of reach of tests/network.py: no name but this machine's may resolve in it.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1, EXCLUDE [::1]",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)

BROWSER_PATIENCE_SECONDS = 30
"""How long a page may take to show what a test expects, on a busy machine too; what comes early is not waited for.
Playwright waits as long for all else."""

ONE_DATABASE_WILL_DO = re.compile(
    r"pages?\.py$|tests/test_(access|cli|config|security)|tests/infusions/test_(diary|given|label|nurse|order|queries|reactions|words|plans|plan_phases|plan_end)"
    r"|tests/reminders/test_(answers|changes|digests|looks|messages|others)|tests/(api|exchange)/"
    r"|tests/(accounts|assistance|calendar|checkins|circles|clinician_links|demo|devices|insights|learn|medical_cards|messages|offline"
    r"|paper_logs|preparations|recalls|supplies|today|visits)/(?!.*(versions|replay|races))"
)
"""Pages are tried on SQLite in the quick profile, on both databases in the long one. What locks or counts is tried on
both each time."""

WAITS = re.compile(r"tests/(faults/|journeys/|offline/|dev/|pwa/|test_browser)")

# The settings of whoever starts the tests must not leak into them.
for _name in [name for name in os.environ if name.startswith("COMPANION_") or name in ("HOST", "PORT")]:
    del os.environ[_name]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="also the long tests, and many more odd values")
    if not find_spec("pytest_timeout"):
        parser.addini("timeout", "seconds for one test; has no effect without pytest-timeout")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "timeout(seconds): for one test, where pytest-timeout is installed")
    if find_spec("playwright"):
        from playwright.sync_api import expect

        expect.set_options(timeout=BROWSER_PATIENCE_SECONDS * 1000)
    if find_spec("hypothesis"):
        _choose_hypothesis_profile("long" if config.getoption("--long") else "default")


def _choose_hypothesis_profile(name: str) -> None:
    from hypothesis import settings

    # A gate must give the same answer twice; at a desk each run may look elsewhere.
    repeatable = bool(os.environ.get("CI"))
    for profile, examples in (("default", 60), ("long", 500)):
        settings.register_profile(
            profile, max_examples=examples, deadline=None, derandomize=repeatable, print_blob=True
        )
    settings.load_profile(name)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if BROWSER_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("browser")
        of_postgres = getattr(item, "callspec", None) and item.callspec.params.get("app") == "postgresql"
        if of_postgres and ONE_DATABASE_WILL_DO.search(item.nodeid.partition("::")[0]):
            item.add_marker("long")
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]
    items[:] = in_turns(items)


def in_turns(items: list[pytest.Item]) -> list[pytest.Item]:
    """Files that mostly wait, for a browser or for processes, each followed by one that mostly computes, the longest
    first: so two processors are busy all the time, and no process is left alone with slow files at the end.
    """
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    by_length = sorted(files, key=lambda name: -len(files[name]))
    waits = [name for name in by_length if WAITS.match(name)]
    computes = [name for name in by_length if name not in waits]
    order = [name for pair in zip_longest(waits, computes) for name in pair if name]
    return [item for name in order for item in files[name]]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """How pytest-playwright starts the Chromium of this machine."""
    return {**browser_type_launch_args, "executable_path": find_browser(), "args": list(CHROMIUM_ARGUMENTS)}


# axe itself tries inline styles while it measures, and the policy refuses them; those do not count.
WATCH_THE_POLICY = """document.addEventListener('securitypolicyviolation', (event) => {
  if (window.measuring) return;
  const what = `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`;
  (window.violations ??= []).push(what);
  console.error(`against the policy: ${what}`);
})"""


def watch_the_policy(context: Any) -> list[str]:
    """What pages of a browser do against their Content-Security-Policy, noted from now on."""
    found: list[str] = []

    def note(message: Any) -> None:
        if message.text.startswith("against the policy: "):
            found.append(f"{message.text} {message.page.url if message.page else ''}")

    context.add_init_script(WATCH_THE_POLICY)
    context.on("console", note)
    return found


@pytest.fixture
def new_context(new_context: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Open browsers of which no page may do what its policy forbids, whatever the test is about."""
    found: list[list[str]] = []

    def make(**options: Any) -> Any:
        context = new_context(**options)
        found.append(watch_the_policy(context))
        return context

    yield make
    assert not any(found), found


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser"):
        if not find_spec("pytest_playwright"):
            pytest.skip("pytest-playwright comes with requirements-dev.txt")
        if not find_browser():
            pytest.skip("no Chromium found; name one with CHROMIUM=/path/to/it")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With REQUIRE_BROWSER=1 a browser test that was skipped has failed."""
    report = yield
    skipped = report.skipped and not hasattr(report, "wasxfail")
    if skipped and browser_is_required() and item.get_closest_marker("browser"):
        report.outcome, report.longrepr = "failed", f"REQUIRE_BROWSER=1, but skipped: {report.longrepr}"
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where the tests are a gate, a run without a single passed test does not open it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    idle = reporter is not None and not reporter.stats.get("passed") and not session.config.option.collectonly
    if os.environ.get("CI") and idle and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED
