"""Showing that it is you: for what is the person's alone, after the pages were left open, on a device that is new."""

import re

import pytest
import sqlalchemy as sa

from companion.accounts.models import AccountSession, RecoveryCode
from companion.clock import now
from companion.database import transaction
from companion.delivery.models import Delivery
from companion.extensions import db
from tests import factories
from tests.accounts.browsers import EMAIL, ask, code, mails, newest_request
from tests.authenticator import Authenticator, add_passkey, confirm, sign_in

JSON = {"Accept": "application/json"}
INVITATION = {"email": "nora@example.org", "preset": "calendar_only", "language": "en", "client_id": "one-key"}


@pytest.fixture
def stale(app, people):
    """Ana's browser, some time after she signed in."""
    client = app.test_client()
    with transaction():
        client.set_cookie("session", factories.session_token(people.ana, now(), fresh=False))
    return client


def hidden(page: str) -> dict[str, str]:
    """What the page carries along of a form that waits."""
    form = page.partition('action="/confirm/code"')[2].partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


def stages():
    db.session.rollback()
    rows = db.session.scalars(
        sa.select(Delivery).where(Delivery.subject_kind == "account_notice").order_by(Delivery.id)
    )
    return [row.stage for row in rows]


def session_rows():
    db.session.rollback()
    return list(db.session.scalars(sa.select(AccountSession).order_by(AccountSession.id)))


# --- step-up ---


def test_a_form_that_decides_who_sees_waits_for_a_code_and_is_sent_on_unchanged(app, people, stale):
    asked = stale.post("/circle/invitations", data=INVITATION)
    assert asked.status_code == 401
    assert "Is it you?" in asked.text
    assert "nora@example.org" not in str(asked.headers)
    kept = {"kept-url": "/circle/invitations", "kept-form": "y"} | {f"kept.{k}": v for k, v in INVITATION.items()}
    page = stale.post("/confirm/mail", data=kept).text
    assert hidden(page) == kept
    [mail] = mails(app)
    assert mail["Subject"] == "Your code to confirm"
    assert "sign-in/link" not in mail.as_string()
    wrong = stale.post("/confirm/code", data={"code": f"{(int(code()) + 1) % 10**6:06d}", **kept})
    assert (wrong.status_code, hidden(wrong.text)) == (422, kept)
    page = stale.post("/confirm/code", data={"code": code(), **kept}).text
    assert 'action="/circle/invitations"' in page
    assert all(f'name="{name}" value="{text}"' in page for name, text in INVITATION.items())
    assert stale.post("/circle/invitations", data=INVITATION).status_code == 303


def test_reading_who_sees_what_asks_nothing_and_programs_are_told_why(people, stale):
    assert stale.get("/circle/invitations/new").status_code == 200
    answer = stale.post("/circle/invitations", data=INVITATION, headers=JSON)
    assert (answer.status_code, answer.get_json()["reason"]) == (401, "step_up")
    assert stale.post("/settings/passkeys/options", headers=JSON).get_json()["reason"] == "step_up"


def test_who_may_not_is_refused_before_being_asked(app, people):
    client = app.test_client()
    with transaction():
        client.set_cookie("session", factories.session_token(people.vera, now(), fresh=False))
    assert client.post("/circle/invitations", data=INVITATION).status_code == 403


def test_a_code_to_confirm_lets_nobody_in_and_is_good_in_its_own_browser(people, stale, client_of):
    stale.post("/confirm/mail")
    typed, other = code(), client_of(None)
    other.set_cookie("browser", stale.get_cookie("browser").value)
    assert other.post("/sign-in/code", data={"code": typed}).status_code == 410
    ben = client_of(people.ben)
    ben.set_cookie("browser", stale.get_cookie("browser").value)
    assert ben.post("/confirm/code", data={"code": typed}).status_code == 410
    assert stale.post("/confirm/code", data={"code": typed, "kept-url": "//evil.example"}).location == "/"
    assert newest_request().used_at is not None


def test_it_is_good_for_five_minutes_after_a_sign_in_by_mail_without_a_passkey(people, client_of, later):
    client = client_of(None)
    ask(client)
    client.post("/sign-in/code", data={"code": code()})
    assert client.get("/settings/passkeys/new").status_code == 200
    later(minutes=5, seconds=1)
    answer = client.get("/settings/passkeys/new")
    assert answer.status_code == 401
    assert "Mail me a code" in answer.text


def test_seven_codes_an_hour_are_too_many(people, stale):
    assert [stale.post("/confirm/mail").status_code for _ in range(7)] == [200] * 6 + [429]


# --- the lock ---


def test_without_a_passkey_nothing_is_ever_locked(people, client_of, later):
    ana = client_of(people.ana)
    later(hours=5)
    assert ana.get("/insights").status_code == 200


def test_pages_lock_when_unused_and_one_touch_opens_them(people, client_of, later):
    ana = client_of(people.ana)
    passkey = add_passkey(ana)
    for _ in range(3):  # used now and then, it stays open
        later(minutes=10)
        assert ana.get("/insights").status_code == 200
    later(minutes=10)
    ana.get("/offline/snapshot", headers={"Sec-Fetch-Mode": "cors"})  # a script is no hand
    later(minutes=6)
    for path in ("/", "/insights", "/check-ins", "/calendar", "/settings/sign-in", "/circle"):
        answer = ana.get(path)
        assert (answer.status_code, "Locked, to keep it private" in answer.text) == (401, True), path
    assert ana.get("/insights", headers=JSON).get_json()["reason"] == "locked"
    assert ana.get("/offline/snapshot", headers=JSON).status_code == 401
    assert [ana.get(path).status_code for path in ("/emergency", "/learn", "/guide")] == [200] * 3
    typed = {"name": "Anastasia"}
    waits = ana.post("/settings/name", data=typed)
    assert (waits.status_code, 'name="name" value="Anastasia"' in waits.text) == (401, True)
    assert confirm(ana, passkey).status_code == 200
    assert ana.post("/settings/name", data=typed).status_code == 303
    assert ana.get("/insights").status_code == 200


def test_the_time_can_be_chosen(people, client_of, later):
    ana = client_of(people.ana)
    add_passkey(ana)
    assert ana.post("/settings/lock", data={"lock_minutes": "1"}).status_code == 422
    assert ana.post("/settings/lock", data={"lock_minutes": "60"}).status_code == 303
    later(minutes=59)
    assert ana.get("/insights").status_code == 200
    later(minutes=61)
    assert ana.get("/insights").status_code == 401


def test_while_locked_a_check_in_can_be_written_and_shows_nothing_back(people, client_of, later):
    with transaction():
        factories.check_in(people.circle, people.ana, recorded_at=now(), on=now().date())
    ana = client_of(people.ana)
    add_passkey(ana)
    assert "last time" in ana.get("/check-ins/new").text.lower()
    later(minutes=20)
    page = ana.get("/check-ins/new")
    assert page.status_code == 200
    assert "last time" not in page.text.lower()
    saved = ana.post("/check-ins", data={"left_rating": "2", "client_id": "k1"})
    page = ana.get(saved.location)
    assert page.status_code == 401
    assert "Saved. Thank you." in page.text
    undo = re.search(r'class="undo__form" method="post" action="([^"]+)"', page.text)[1]
    assert ana.post(undo).status_code == 303
    assert ana.get("/insights").status_code == 401, "writing is no use of what is locked"
    assert ana.post("/check-ins/repetition").status_code == 401
    row = factories.check_in(people.circle, people.ana)
    db.session.commit()
    assert ana.post(f"/check-ins/{row.public_id}/deletion").status_code == 401
    assert ana.get(f"/check-ins/{row.public_id}").status_code == 401


def test_a_lock_opens_by_a_mailed_code_where_no_script_runs(people, client_of, later):
    ana = client_of(people.ana)
    add_passkey(ana)
    later(hours=1)
    assert ana.get("/insights").status_code == 401
    ana.post("/confirm/mail", data={"kept-url": "/insights"})
    assert ana.post("/confirm/code", data={"code": code(), "kept-url": "/insights"}).location == "/insights"
    assert ana.get("/insights").status_code == 200


# --- limited sessions and recovery codes ---


def mailed_in(client):
    ask(client)
    return client.post("/sign-in/code", data={"code": code()})


def test_mail_on_a_new_device_opens_a_part_until_a_recovery_code(people, client_of):
    ana, new = client_of(people.ana), client_of(None)
    add_passkey(ana)
    page = ana.post("/settings/recovery-codes").text
    codes = re.findall(r'class="codes__one">([\d ]+)<', page)
    assert len(set(codes)) == 8
    assert all(len(one.replace(" ", "")) == 12 for one in codes)
    stored = [row.code_hash for row in db.session.scalars(sa.select(RecoveryCode))]
    assert not any(one.replace(" ", "") in " ".join(stored) for one in codes)
    mailed_in(new)
    today = new.get("/")
    assert (today.status_code, "This device is new" in today.text) == (200, True)
    assert new.get("/check-ins/new").status_code == 200
    assert new.post("/check-ins", data={"left_rating": "3"}).status_code == 303
    for path in ("/insights", "/check-ins", "/circle", "/settings/sign-in", "/settings/passkeys/new", "/calendar"):
        assert new.get(path).status_code == 401, path
    assert new.post("/confirm/mail").status_code == 401, "mail is what it has shown already"
    assert new.post("/confirm/recovery-code", data={"recovery_code": "1234 5678 9012"}).status_code == 422
    used = new.post(
        "/confirm/recovery-code", data={"recovery_code": codes[3].replace(" ", "-"), "kept-url": "/insights"}
    )
    assert (used.status_code, used.location) == (303, "/insights")
    assert new.get("/insights").status_code == 200
    again = client_of(None)
    mailed_in(again)
    assert again.post("/confirm/recovery-code", data={"recovery_code": codes[3]}).status_code == 422
    assert "7 codes left" in ana.get("/settings/recovery-codes").text
    assert stages() == ["passkey_added", "codes_made", "limited_sign_in", "code_used", "limited_sign_in"]


def test_a_touch_opens_a_limited_session_too_and_a_known_device_is_never_limited(people, client_of):
    ana, new = client_of(people.ana), client_of(None)
    passkey = add_passkey(ana)
    mailed_in(new)
    assert new.get("/insights").status_code == 401
    assert confirm(new, passkey).status_code == 200
    assert new.get("/insights").status_code == 200
    mailed_in(new)  # signed in again where it was full before
    assert new.get("/insights").status_code == 200
    assert not session_rows()[-1].limited


def test_new_codes_make_the_old_ones_void_and_tries_are_counted(people, client_of):
    ana, new = client_of(people.ana), client_of(None)
    add_passkey(ana)
    first = re.findall(r'class="codes__one">([\d ]+)<', ana.post("/settings/recovery-codes").text)
    ana.post("/settings/recovery-codes")
    mailed_in(new)
    tries = [new.post("/confirm/recovery-code", data={"recovery_code": one}).status_code for one in first]
    tries += [new.post("/confirm/recovery-code", data={"recovery_code": "1"}).status_code for _ in range(3)]
    assert tries == [422] * 10 + [429]


def test_another_device_is_ended_and_its_owner_told_in_plain_words(app, people, client_of):
    ana, phone = client_of(people.ana), client_of(people.ana)
    page = ana.get("/settings/sign-in").text
    [ident] = re.findall(r"/settings/sessions/([\w-]+)/end", page)
    assert ana.post(f"/settings/sessions/{ident}/end").status_code == 303
    assert phone.get("/settings").status_code == 303
    assert stages() == ["session_ended"]
    from companion.accounts.operations.notices import compose_notice

    row = db.session.scalars(sa.select(Delivery)).one()
    message = compose_notice(row, now())
    assert message.subject == "Your sign-in has changed"
    assert "A device was signed out of your account." in message.text
    assert "/settings/sign-in" in message.text
    assert not re.search(r"infusion|MMN |neuropathy|patient", message.text)


def test_a_passkey_sign_in_is_fresh_and_full(people, client_of):
    ana, new = client_of(people.ana), client_of(None)
    sign_in(new, add_passkey(ana, Authenticator()))
    assert new.get("/settings/passkeys/new").status_code == 200
    assert EMAIL in new.get("/settings/sign-in").text
