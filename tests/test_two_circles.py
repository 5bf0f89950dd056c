"""For a caregiver of two patients each page of one circle leads on to pages of the same."""

import re
from typing import Any

from flask import Flask

from companion.access import OPEN_IN_A_CIRCLE, access_of
from companion.database import transaction
from tests import factories
from tests.people import People
from tests.test_access import ClientOf, row_for, ways

HREF = re.compile(r'(?:href|action)="(/[^"#]*)"')
FORM = re.compile(r"<form\b.*?</form>", re.DOTALL)
BOTH = {"/calendar", "/circle", "/calendar/feeds/new"}
"""Pages that show or offer both circles."""


def endpoint_of(app: Flask, path: str, method: str) -> str | None:
    adapter = app.url_map.bind("localhost")
    try:
        return str(adapter.match(path.partition("?")[0], method=method)[0])
    except Exception:
        return None


def needs_a_circle(app: Flask, path: str, method: str) -> bool:
    """Whether an address without `?circle=` would ask which circle is meant."""
    endpoint = endpoint_of(app, path, method)
    rule = access_of(app, endpoint) if endpoint else None
    of_a_circle = rule is not None and rule.right is not None and rule.row is None
    return of_a_circle or (method == "GET" and endpoint in OPEN_IN_A_CIRCLE)


def test_each_page_leads_on_in_its_circle(app: Flask, people: People, client_of: ClientOf) -> None:
    with transaction():
        factories.membership(people.sams_circle, people.ana, "full_help", see_notes=True)
    here, there = people.circle.public_id, people.sams_circle.public_id
    client, wrong, seen, leading = client_of(people.ana), [], 0, 0
    for way in ways(app):
        if way.method != "GET" or way.access.right is None:
            continue
        path = way.path(row_for(way, people))
        answer: Any = client.get(path, query_string={} if way.access.row else {"circle": here})
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        seen += 1
        if there in answer.text and way.rule not in BOTH:
            wrong.append((str(way), "names the other circle"))
        for link in HREF.findall(re.sub(r"<form\b.*?</form>", "", answer.text, flags=re.DOTALL)):
            leading += needs_a_circle(app, link, "GET")
            if needs_a_circle(app, link, "GET") and "circle=" not in link:
                wrong.append((str(way), link))
        for form in FORM.findall(answer.text):
            [action] = re.findall(r'action="([^"]*)"', form[:400]) or [""]
            asks = 'method="post"' in form[:400] and needs_a_circle(app, action, "POST")
            if asks and f'name="circle" value="{here}"' not in form and f"circle={here}" not in action:
                wrong.append((str(way), f"form {action}"))
    assert wrong == []
    assert seen > 60
    assert leading > 300
    for path in ("/", "/guide"):
        page = client.get(f"{path}?circle={here}").text
        for tab in ("/", "/calendar", "/insights", "/guide"):
            assert f'class="nav__link" href="{tab}?circle={here}"' in page
    assert client.get(f"/guide?circle={here[::-1]}").status_code == 200, "open to everyone"
