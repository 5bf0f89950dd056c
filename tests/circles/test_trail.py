"""Who looked and who changed, as the patient reads it."""

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape

from flask import Flask
from flask.testing import FlaskClient

from companion.accounts.models import Account
from companion.circles import trail_words
from companion.circles.operations import remove_member
from companion.clock import now
from companion.database import transaction
from companion.domain.roles import ROLES
from companion.extensions import db
from companion.trail.models import ADDED, EXPORTED, VERBS
from companion.trail.operations import Look, tell, tell_look
from companion.trail.operations.looks import PAGE_KINDS, REPORT, look_by_link
from companion.trail.operations.rules import RULES
from companion.trail.operations.writing import append, locked_head
from tests import factories
from tests.people import People

ClientOf = Callable[[Account | None], FlaskClient]


def told(client: FlaskClient, query: str = "") -> list[str]:
    """Each line as it is read: who and when, then what."""
    answer = client.get(f"/circle/trail{query}")
    assert answer.status_code == 200
    rows = re.findall(r'<li class="told">(.*?)</li>', answer.text, re.DOTALL)
    return [unescape(" ".join(re.sub(r"<[^>]+>", " ", row).split())) for row in rows]


def test_everything_that_is_told_has_words() -> None:
    assert set(trail_words.VERB_WORDS) == set(trail_words.ICONS) == set(VERBS)
    kinds = {rule.kind for rule in RULES.values()} - {""}
    assert set(trail_words.ROW_WORDS) == kinds | {"everything"}
    assert set(trail_words.PAGE_WORDS) == set(filter(None, PAGE_KINDS.values())) | {REPORT}


def test_the_patient_reads_who_looked_and_who_changed(app: Flask, people: People, client_of: ClientOf) -> None:
    ana = client_of(people.ana)
    for _twice in range(2):
        with transaction():
            factories.weight(people.circle, on=now().date() - timedelta(days=_twice))
    with transaction():
        vera = next(m for m in people.circle.memberships if m.account_id == people.vera.id).public_id
        remove_member(people.circle, vera, by=people.ana, now=now())
        tell(people.circle, EXPORTED, "everything")
    tell_look(look_by_link(people.circle, "x"), now())
    tell_look(
        Look(people.circle.id, people.circle.public_id, "UTC", people.ben.public_id, "read", "infusions"), now()
    )
    tell_look(Look(people.circle.id, people.circle.public_id, "UTC", "gone", "refused", "check_ins"), now())
    lines = [re.sub(r"\d?\d:\d\d(–\d?\d:\d\d)?", "T", line) for line in told(ana)]
    assert lines[:5] == [
        "Somebody who left the circle · T Wanted to see, and may not: Check-ins",
        "Ben · T Looked at: Infusions",
        "Somebody with a link · T Looked at: The page for the doctor",
        "The app itself · T Took a copy of: All data of this circle",
        "The app itself · T Removed: Somebody in the circle (Vera)",
    ]
    assert lines[5].startswith("The app itself · T Added: Weight (2 times), Somebody in the circle (Vera), ")
    assert [line.rpartition(":")[2].strip() for line in told(ana, "?show=looks")] == [
        "Check-ins",
        "Infusions",
        "The page for the doctor",
    ]
    assert any("看过：输液" in line for line in told(ana, "?lang=zh"))
    assert "/circle/trail" in ana.get("/circle").text
    for other, status in ((people.ben, 403), (people.vera, 404), (people.sam, 404)):
        query = f"?circle={people.circle.public_id}"
        assert client_of(other).get(f"/circle/trail{query}").status_code == status
    assert "/circle/trail" not in client_of(people.ben).get("/circle").text
    assert "keep_circle" in ROLES["keeper"]


def test_a_long_trail_is_read_in_pages(app: Flask, people: People, client_of: ClientOf) -> None:
    with transaction():
        head = locked_head(db.session, people.circle.id)
        deeds = [(ADDED, "contact", f"row {number}") for number in range(250)]
        append(db.session, head, deeds, people.ana.public_id, now())
    ana, query, pages, counts = client_of(people.ana), "", 0, []
    while query is not None and pages < 4:
        counts += [line.partition(": ")[2] for line in told(ana, query)]
        older = re.search(r'href="/circle/trail(\?[^"]*before=\d+)"', ana.get(f"/circle/trail{query}").text)
        query, pages = unescape(older[1]) if older else None, pages + 1
    assert pages == 3
    assert counts[:3] == ["Phone number (100 times)", "Phone number (100 times)", "Phone number (50 times)"]
