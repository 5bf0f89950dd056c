"""Passkeys against the real verifier: made, used, and each way in which a touch proves nothing."""

import pytest
import sqlalchemy as sa

from companion.accounts import jobs
from companion.accounts.models import AccountSession, Passkey, PasskeyChallenge
from companion.accounts.queries import closed_state
from companion.clock import now
from companion.config import load_config
from companion.delivery.models import Delivery
from companion.extensions import db
from tests.authenticator import PRESENT, Authenticator, add_passkey, confirm, sign_in

JSON = {"Accept": "application/json"}


@pytest.fixture
def ana(people, client_of):
    return client_of(people.ana)


def rows(model):
    db.session.rollback()
    return list(db.session.scalars(sa.select(model).order_by(model.id)))


def newest_session():
    return rows(AccountSession)[-1]


def test_a_passkey_is_asked_for_as_it_should_be(people, ana):
    options = ana.post("/settings/passkeys/options").get_json()
    assert (options["rp"]["id"], options["attestation"]) == ("localhost", "none")
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert len(options["challenge"]) >= 43  # 32 bytes
    assert people.ana.name not in options["user"]["id"]
    add_passkey(ana)
    again = ana.post("/settings/passkeys/options").get_json()
    assert [one["type"] for one in again["excludeCredentials"]] == ["public-key"]


def test_one_touch_signs_in_fully(people, ana, client_of):
    passkey, other = add_passkey(ana), client_of(None)
    page = ana.get("/settings/sign-in").text
    assert "From now on one touch signs you in" in page
    options = other.post("/sign-in/passkey/options").get_json()
    assert (options["userVerification"], options.get("allowCredentials", [])) == ("required", [])
    answer = other.post("/sign-in/passkey", json={"credential": passkey.touch(options), "next": "/calendar"})
    assert (answer.status_code, answer.get_json()) == (200, {"url": "/calendar"})
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    made = newest_session()
    assert (made.account_id, made.limited, closed_state(made, now())) == (people.ana.id, False, "")
    assert other.get("/insights").status_code == 200
    [kept] = rows(Passkey)
    assert kept.sign_count == 1
    assert kept.last_used_at is not None


def test_the_way_on_stays_on_this_site(ana, client_of):
    passkey = add_passkey(ana)
    for away in ("https://evil.example", "//evil.example", None, 7):
        assert sign_in(client_of(None), passkey, next=away).get_json() == {"url": "/"}


def wrong_origin(passkey, options):
    passkey.origin = "http://localhost.evil.example"
    return passkey.touch(options)


def another_port(passkey, options):
    passkey.origin = "http://localhost:8080"
    return passkey.touch(options)


def wrong_domain(passkey, options):
    passkey.domain = "evil.example"
    return passkey.touch(options)


def wrong_challenge(passkey, options):
    return passkey.touch({"challenge": "A" * 86})


def no_verification(passkey, options):
    passkey.flags = PRESENT
    return passkey.touch(options)


def nobody_present(passkey, options):
    passkey.flags = 4
    return passkey.touch(options)


def count_back(passkey, options):
    passkey.count = 1
    return passkey.touch(options)


def another_key(passkey, options):
    passkey.key = Authenticator().key
    return passkey.touch(options)


def unknown_key(passkey, options):
    passkey.id = b"x" * 32
    return passkey.touch(options)


def another_person(passkey, options):
    passkey.handle = b"somebody"
    return passkey.touch(options)


def made_instead(passkey, options):
    return passkey.touch(options, type="webauthn.create")


def no_signature(passkey, options):
    answer = passkey.touch(options)
    answer["response"]["signature"] = ""
    return answer


def not_even_json(passkey, options):
    return {"id": 7, "response": [passkey.touch(options)]}


WRONG = [wrong_origin, another_port, wrong_domain, wrong_challenge, no_verification, nobody_present, count_back]
WRONG += [another_key, unknown_key, another_person, made_instead, no_signature, not_even_json]


def test_a_touch_that_proves_nothing_lets_nobody_in(ana, client_of):
    passkey, other = add_passkey(ana), client_of(None)
    for _ in range(3):
        assert sign_in(client_of(None), passkey).status_code == 200
    before = len(rows(AccountSession))
    kept = vars(passkey).copy()
    for wrong in WRONG:
        vars(passkey).update(kept)
        options = other.post("/sign-in/passkey/options").get_json()
        answer = other.post("/sign-in/passkey", json={"credential": wrong(passkey, options)}, headers=JSON)
        assert answer.status_code == 422, wrong.__name__
        assert answer.get_json()["reason"] == "passkey_refused"
        assert "session=" not in answer.headers.get("Set-Cookie", ""), wrong.__name__
    assert len(rows(AccountSession)) == before
    vars(passkey).update(kept)
    assert sign_in(other, passkey).status_code == 200, "wrong tries lock nobody out"


def test_odd_bodies_are_refused_calmly(client_of):
    for body in (b"", b"[]", b"null", b'{"credential": null}', b'{"credential": {"response": {}}}', b"\xff{"):
        answer = client_of(None).post("/sign-in/passkey", data=body, content_type="application/json", headers=JSON)
        assert answer.status_code in (400, 422), body


def test_a_challenge_is_good_once_in_one_browser_for_one_thing_and_five_minutes(ana, client_of, later):
    passkey, here, there = add_passkey(ana), client_of(None), client_of(None)

    def answered(client, credential, to="/sign-in/passkey"):
        return client.post(to, json={"credential": credential}, headers=JSON).status_code

    options = here.post("/sign-in/passkey/options").get_json()
    there.post("/sign-in/passkey/options")
    assert answered(there, passkey.touch(options)) == 422, "another browser was asked"
    assert answered(here, passkey.touch(options)) == 422, "it was answered before, wrongly"
    options = here.post("/sign-in/passkey/options").get_json()
    signed = passkey.touch(options)
    assert answered(here, signed) == 200
    assert answered(here, signed) == 422, "replayed"
    asked_to_confirm = ana.post("/confirm/passkey/options").get_json()
    assert answered(client_of(None), passkey.touch(asked_to_confirm)) == 422, "asked for something else"
    options = there.post("/sign-in/passkey/options").get_json()
    later(minutes=5)
    assert answered(there, passkey.touch(options)) == 422, "too old"
    assert len(rows(PasskeyChallenge)) == 1
    later(minutes=1)
    jobs.forget_stale()
    assert rows(PasskeyChallenge) == []


def test_a_passkey_made_wrongly_is_not_kept(ana):
    for how in (wrong_origin, wrong_domain, wrong_challenge, no_verification):
        made = Authenticator()
        made.touch = made.make
        options = ana.post("/settings/passkeys/options").get_json()
        user = {"user": options["user"]}
        sent = how(made, options) if how is not wrong_challenge else made.make({"challenge": "A" * 86, **user})
        answer = ana.post("/settings/passkeys", json={"credential": sent}, headers=JSON)
        assert (answer.status_code, rows(Passkey)) == (422, []), how.__name__


def test_the_same_passkey_cannot_belong_to_two(people, ana, client_of):
    made, ben = add_passkey(ana), client_of(people.ben)
    options = ben.post("/settings/passkeys/options").get_json()
    assert ben.post("/settings/passkeys", json={"credential": made.make(options)}, headers=JSON).status_code == 422
    asked = ben.post("/confirm/passkey/options").get_json()
    assert ben.post("/confirm/passkey", json={"credential": made.touch(asked)}, headers=JSON).status_code == 422


def test_a_touch_gives_the_browser_a_new_token(people, ana):
    passkey, old = add_passkey(ana), ana.get_cookie("session").value
    assert confirm(ana, passkey).status_code == 200
    assert ana.get_cookie("session").value != old
    ana.set_cookie("session", old)
    assert ana.get("/settings").status_code == 303


def test_a_passkey_is_renamed_and_removed_and_its_owner_told(app, people, ana, client_of):
    passkey = add_passkey(ana)
    [row] = rows(Passkey)
    address = f"/settings/passkeys/{row.public_id}"
    assert ana.get(address).status_code == 200
    assert client_of(people.ben).get(address).status_code == 404
    assert client_of(people.ben).post(f"{address}/removal").status_code == 404
    assert ana.post(address, data={"name": " "}).status_code == 422
    page = ana.get(ana.post(address, data={"name": "Blue phone"}).location).text
    assert "Blue phone" in page
    assert ana.post(f"{address}/removal").status_code == 303
    assert rows(Passkey) == []
    assert sign_in(client_of(None), passkey).status_code == 422
    told = [row.stage for row in notices()]
    assert told == ["passkey_added", "passkey_removed"]


def notices():
    return [row for row in rows(Delivery) if row.subject_kind == "account_notice"]


def test_the_last_way_in_stays(people, ana, client_of):
    add_passkey(ana)
    people.ana.address.bad_since_at = now()
    db.session.commit()
    first, second = f"/settings/passkeys/{rows(Passkey)[0].public_id}", Authenticator()
    refused = ana.post(f"{first}/removal")
    assert refused.status_code == 409
    assert "nothing else lets you in" in refused.text
    add_passkey(ana, second)
    assert ana.post(f"{first}/removal").status_code == 303
    assert len(rows(Passkey)) == 1


def test_without_https_the_pages_say_so(tmp_path):
    def domain(url, **more):
        return load_config({"COMPANION_DATA": str(tmp_path), "COMPANION_BASE_URL": url, **more}).passkey_domain

    assert domain("http://companion.example.org") is None
    assert domain("https://192.168.1.7") is None
    assert domain("https://companion.example.org:8443") == "companion.example.org"
    assert domain("http://127.0.0.1:8000") == domain("http://[::1]:8000") == "localhost"


def test_pages_offer_a_touch_where_it_can_be(app, people, ana, client_of):
    page = client_of(None).get("/sign-in").text
    assert 'autocomplete="username webauthn"' in page
    assert "Sign in with a touch" in page
    today = ana.get("/").text
    assert "Next time: one touch" in today
    assert ana.post("/settings/passkey-offer").status_code == 303
    assert "Next time: one touch" not in ana.get("/").text
