"""No page and no script names an address of somebody else to load from, and nothing counts or follows its reader."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOADS = re.compile(
    r"""<(?:script|img|iframe|audio|video|source|embed|object|form)\b[^>]*\b(?:src|srcset|data|action)\s*=\s*["'](?:https?:)?//"""
    r"""|<link\b[^>]*\bhref\s*=\s*["'](?:https?:)?//"""
    r"""|@import\s+(?:url\()?["']?(?:https?:)?//|url\(\s*["']?(?:https?:)?//"""
    r"""|\b(?:fetch|import|importScripts|sendBeacon|WebSocket|EventSource)\(\s*["'`](?:https?:|wss?:)?//""",
    re.IGNORECASE,
)
FOLLOWS = re.compile(
    r"google-?analytics|googletagmanager|gtag\(|matomo|piwik|plausible|segment\.(?:io|com)|mixpanel|amplitude|hotjar|posthog"
    r"|sentry|bugsnag|umami|fathom|sendBeacon|navigator\.(?:userAgentData|getBattery)",
    re.IGNORECASE,
)
SHOWN = sorted(
    path
    for folder in ("templates", "static")
    for path in (ROOT / folder).rglob("*")
    if path.suffix in {".html", ".txt", ".css", ".js", ".svg", ".json"}
)


def test_the_patterns_find_what_they_look_for():
    for bad in (
        '<script src="https://cdn.example.org/a.js">',
        '<img alt="" src="//example.org/pixel.gif">',
        '<link rel="stylesheet" href="https://fonts.example.org/css">',
        "@import url(https://example.org/a.css)",
        "background: url('//example.org/a.png')",
        'fetch("https://example.org/collect")',
    ):
        assert LOADS.search(bad), bad
    for good in ('<a href="https://example.org">', '<img src="/static/a.png">', 'fetch("/offline/snapshot")'):
        assert not LOADS.search(good), good
    assert FOLLOWS.search("gtag('config')")


@pytest.mark.parametrize("folder", ["templates", "static"])
def test_nothing_is_loaded_from_anybody_else_and_nothing_follows_its_reader(folder):
    found = [
        (path.relative_to(ROOT).as_posix(), match.group())
        for path in SHOWN
        if path.is_relative_to(ROOT / folder)
        for pattern in (LOADS, FOLLOWS)
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_library_that_follows_people_is_installed_with_it():
    required = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    assert not FOLLOWS.search(required)
