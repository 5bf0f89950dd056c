"""What a page may not do is noticed in every browser test, also when the page was left long since."""

from typing import Any

import pytest
from flask import Flask

from tests.conftest import watch_the_policy

playwright = pytest.importorskip("playwright.sync_api")


def test_what_the_policy_forbids_is_noticed(browser: Any, served: Flask) -> None:
    context = browser.new_context(base_url=served.config["COMPANION"].base_url)
    found = watch_the_policy(context)
    page = context.new_page()
    page.goto("/emergency")
    page.evaluate("document.querySelector('h1').style.color = 'red'")
    assert found == [], "what is allowed"
    with pytest.raises(playwright.Error, match="TrustedHTML"):
        page.evaluate("document.body.innerHTML = '<b>x</b>'")
    page.evaluate("document.querySelector('h1').setAttribute('style', 'color: red')")
    page.evaluate("() => fetch('https://evil.example/').catch(() => 0)")
    page.goto("/learn")
    assert [one.split()[3] for one in found] == ["require-trusted-types-for", "style-src-attr", "connect-src"]
    context.close()
