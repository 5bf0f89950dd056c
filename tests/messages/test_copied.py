"""A message copied for somebody: its words in their language, and what they said, noted by whoever sent it."""

import pytest
import sqlalchemy as sa

from companion.extensions import db
from companion.infusions.models import PlanChange
from companion.messages.models import CopiedMessage
from tests.reminders.conftest import AFTER, WEEK_BEFORE, day_of


@pytest.fixture
def course(people, plan, at):
    """Ana's plan of one day, a week before it."""
    at(WEEK_BEFORE)
    return plan(certainty="booked", place="Elm Clinic").infusions[0]


def copied(client, course, **values):
    """Fill the form in; gives its answer."""
    defaults = {"reader": "else", "name": "Uncle Wu", "language": "en", "privacy": "neutral"}
    return client.post(f"/infusions/{course.public_id}/copied-messages", data=defaults | values)


def test_somebody_else_gets_neutral_words_and_their_answer_is_noted(course, people, client_of):
    vera = client_of(people.vera)
    assert f"/infusions/{course.public_id}/copied-messages/new" in vera.get(f"/infusions/{course.public_id}").text
    form = vera.get(f"/infusions/{course.public_id}/copied-messages/new").text
    assert "Ana" in form
    assert "Somebody else" in form
    answer = copied(vera, course)
    assert answer.status_code == 303
    page = vera.get(answer.location).text
    for words in (
        "For Uncle Wu",
        "A reminder from Vera",
        "Ana has something planned.",
        "Mon 30 Nov, 9:00",
        "Still on",
    ):
        assert words in page, words
    text = page[page.index("<textarea") : page.index("</textarea>")]
    assert "Infusion" not in text
    assert "http" not in text
    assert 'value="moved"' not in page
    assert vera.post(f"{answer.location}/answer", data={"said": "moved"}).status_code == 403
    said = vera.post(f"{answer.location}/answer", data={"said": "still_on"})
    assert "still on" in vera.get(said.location).text
    change = db.session.scalars(sa.select(PlanChange)).one()
    assert (change.verb, change.account_id) == ("confirm", people.vera.id)
    row = db.session.scalars(sa.select(CopiedMessage)).one()
    assert "Wu" not in (row.for_name_sealed or "")
    history = client_of(people.ana).get(f"/infusions/{course.public_id}/messages").text
    assert "Uncle Wu" in history
    assert "Said: Still on" in history
    vera.post(f"/plan-changes/{change.public_id}/undo")
    assert "No answer noted: unknown." in vera.get(f"/infusions/{course.public_id}/messages").text


def test_a_member_gets_full_words_in_chinese_and_danger_signs_afterwards(course, people, client_of, at):
    at(AFTER)
    ben = client_of(people.ben)
    answer = copied(ben, course, reader=people.ana.public_id, language="zh", privacy="full")
    page = ben.get(answer.location).text
    for words in ("11月30日", "Elm Clinic", "做了吗？", "急救电话", 'lang="zh-Hans"', "Done"):
        assert words in page, words
    skipped = ben.post(f"{answer.location}/answer", data={"said": "skipped"})
    assert skipped.location.endswith(f"/infusion-days/{day_of(course.regimen).public_id}/skip")
    done = ben.post(f"{answer.location}/answer", data={"said": "done"})
    assert "Infusion done on 30 Nov" in ben.get(done.location).text
    again = ben.post(f"{answer.location}/answer", data={"said": "done"})
    assert "already answered" in ben.get(again.location).text
    assert client_of(people.sam).get(answer.location).status_code == 404


@pytest.mark.parametrize(
    ("said", "words", "fields"),
    [("moved", "Said: Moved", {"to_on": "2026-12-02"}), ("skipped", "Said: Skipped", {"reason": "ill"})],
)
def test_a_new_date_or_a_skip_that_is_taken_back_takes_its_answer_along(
    course, people, client_of, said, words, fields
):
    ben, history = client_of(people.ben), f"/infusions/{course.public_id}/messages"
    copy, verb = copied(ben, course).location, {"moved": "move", "skipped": "skip"}[said]
    assert ben.post(f"{copy}/answer", data={"said": said}).location.endswith(f"/{verb}")
    assert words in ben.get(history).text
    day = day_of(course.regimen)
    assert ben.post(f"/infusion-days/{day.public_id}/{verb}", data=fields).status_code == 303
    change = db.session.scalars(sa.select(PlanChange).order_by(PlanChange.id.desc())).first()
    assert change.verb == verb
    assert words in ben.get(history).text
    ben.post(f"/plan-changes/{change.public_id}/undo")
    assert "No answer noted: unknown." in ben.get(history).text
    assert "Said:" not in ben.get(copy).text


def test_a_form_without_a_name_keeps_what_was_typed(course, people, client_of):
    answer = copied(client_of(people.ben), course, name="", privacy="")
    assert answer.status_code == 422
    assert "name." in answer.text
    assert "Choose how much it says." in answer.text
    assert db.session.scalars(sa.select(CopiedMessage)).all() == []
