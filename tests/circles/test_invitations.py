"""Invitations: made, mailed, answered, taken back. Bound to one address, good for seven days and once."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.accounts.models import Account
from companion.accounts.operations import forget_unconfirmed
from companion.accounts.queries import address_of
from companion.circles import jobs, operations, queries
from companion.circles.models import Circle, Invitation, MembershipEnd
from companion.circles.operations.invitations import compose_invitation
from companion.database import transaction
from companion.delivery.jobs import dispatch_due
from companion.delivery.models import Delivery
from companion.extensions import db
from tests import factories

FORM = {"email": "Nora@Example.org ", "preset": "manage_calendar", "language": "zh"}


@pytest.fixture
def nora(people):
    """Somebody with an account, without a circle and without a name."""
    with transaction():
        return factories.account(None, "nora@example.org")


def invite(people, by, client_of, key="k", **fields):
    answer = client_of(by).post("/circle/invitations", data={**FORM, "client_id": key, **fields})
    return answer


def invitations():
    db.session.expire_all()
    return list(db.session.scalars(sa.select(Invitation).order_by(Invitation.id)))


def offered(people, **values):
    with transaction():
        made = factories.invitation(people.circle, people.ana, "nora@example.org", **values)
        return f"/invitations/{made.token}", made


def outbox(app):
    dispatch_due()
    return [path.read_text() for path in sorted((app.config["COMPANION"].data / "outbox").glob("*.eml"))]


def member_of(people, account):
    circle = db.session.get(Circle, people.circle.id, populate_existing=True)
    db.session.expire(circle, ["memberships"])
    return next((m for m in circle.memberships if m.account_id == account.id), None)


def test_an_invitation_is_made_mailed_and_shown(app, people, client_of):
    ana = client_of(people.ana)
    page = ana.get("/circle/invitations/new").text
    for words in ("Calendar only", "Manage the calendar", "Full help", "Notes too"):
        assert words in page
    assert "The patient" not in page, "there is one"
    first, again = invite(people, people.ana, client_of), invite(people, people.ana, client_of)
    [made] = invitations()
    assert first.status_code == 303
    assert first.location == again.location
    assert (made.email, made.preset, made.see_notes) == ("nora@example.org", "manage_calendar", False)
    assert made.token not in repr([made.token_hash, made.email_hash, made.public_id])
    page = ana.get(first.location).text
    assert f"/invitations/{made.token}?lang=zh" in page
    assert "Add and move dates" in page
    assert "nora@example.org" in ana.get("/circle").text
    [mail] = outbox(app)
    assert made.token in mail
    assert "The mail was sent." in ana.get(first.location).text
    subject = next(line for line in mail.splitlines() if line.startswith("Subject:"))
    assert not [word for word in ("Ana", "MMN", "infusion") if word in subject]


def test_notes_go_with_full_help_only(people, client_of):
    invite(people, people.ana, client_of, see_notes="y")
    invite(people, people.ana, client_of, key="l", preset="full_help", see_notes="y")
    assert [(one.see_notes, one.revoked_at is None) for one in invitations()] == [(False, False), (True, True)]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"email": ""}, "Type the email address"),
        ({"email": "nora"}, "does not look complete"),
        ({"email": "ana@example.org"}, "your own address"),
        ({"email": "BEN@example.org"}, "in the circle already"),
        ({"preset": "patient"}, "Choose what this person may do"),
        ({"preset": "keeper"}, "Choose what this person may do"),
        ({"language": "fr"}, "Choose one of these"),
    ],
)
def test_what_does_not_fit_is_explained_and_kept(people, client_of, fields, words):
    answer = invite(people, people.ana, client_of, **fields)
    assert answer.status_code == 422
    assert words in answer.text
    assert invitations() == []
    assert invite(people, people.ben, client_of).status_code == 403


def test_three_mails_an_hour_to_one_address_whoever_invites(people, client_of):
    with transaction():
        now = clock.now()
        for number in range(2):
            made = operations.invite(
                people.sams_circle,
                people.sam,
                email="nora@example.org",
                preset="calendar_only",
                language="en",
                now=now,
            )
            operations.send_again(made, people.sam, now + timedelta(seconds=number + 1)) if number == 0 else None
    answer = invite(people, people.ana, client_of)
    assert answer.status_code == 429
    assert "send the link yourself" in answer.text
    with transaction(), pytest.raises(operations.InvitedTooOften):
        operations.send_again(invitations()[-1], people.sam, clock.now())


def test_the_link_opens_only_for_who_signed_in_by_the_address(people, nora, client_of):
    path, _made = offered(people)
    signed_out = client_of(None).get(path)
    made_up = client_of(None).get(f"/invitations/{'0' * 32}")
    assert signed_out.status_code == made_up.status_code == 303
    assert signed_out.location.startswith("/sign-in?next=%2Finvitations%2F")
    assert "the address that it was sent to" in client_of(None).get(signed_out.location).text
    for stranger in (people.sam, people.ana, people.ben):
        sees = client_of(stranger).get(path)
        nothing = client_of(stranger).get(f"/invitations/{'0' * 32}")
        assert sees.status_code == nothing.status_code == 404
        assert sees.text.replace(path[-32:], "") == nothing.text.replace("0" * 32, "")
        assert client_of(stranger).post(f"{path}/acceptance").status_code == 404
    page = client_of(nora).get(path).text
    assert "Ana asks you into their care circle." in page
    assert "You cannot" in page
    with transaction():
        nora.address.confirmed_at = None
    assert client_of(nora).get(path).status_code == 404


def test_accepted_once(app, people, nora, client_of):
    path, made = offered(people, preset="full_help", see_notes=True)
    client = client_of(nora)
    assert "You are invited" in client.get("/circle/new").text
    answer = client.post(f"{path}/acceptance", data={"name": "Nora"})
    assert (answer.status_code, answer.location) == (303, f"/circle?circle={people.circle.public_id}")
    member = member_of(people, nora)
    assert (member.preset, "see_notes" in member.rights, nora.name) == ("full_help", True, "Nora")
    [mail] = outbox(app)
    assert ("To: ana@example.org" in mail, "Nora has said yes." in mail, "decides" in mail) == (True, True, False)
    assert client.get("/check-ins").status_code == 200
    assert client.get("/circle/invitations/new").status_code == 403
    assert client.post(f"{path}/acceptance", data={"name": "X"}).location == path
    assert "You have said yes" in client.get(path).text
    with transaction():
        operations.remove_member(people.circle, member.public_id, by=people.ana, now=clock.now())
    assert client.post(f"{path}/acceptance").status_code == 303
    assert member_of(people, nora) is None, "an invitation works once"
    assert made.accepted_at is not None


def test_declined_taken_back_and_too_old(people, nora, client_of):
    client, ana = client_of(nora), client_of(people.ana)
    path, made = offered(people)
    client.post(f"{path}/refusal")
    assert "You have said no" in client.get(path).text
    client.post(f"{path}/acceptance")
    assert "Said no" in ana.get("/circle").text
    path, made = offered(people)
    taken_back = ana.post(f"/circle/invitations/{made.public_id}/revocation")
    undo = f"/circle/invitations/{made.public_id}/restoration"
    assert undo in ana.get(taken_back.location).text
    over = client.get(path)
    assert (over.status_code, "was taken back" in over.text) == (410, True)
    client.post(f"{path}/acceptance")
    assert member_of(people, nora) is None
    ana.post(undo)
    assert client.get(path).status_code == 200
    with transaction():
        made.expires_at = clock.now() - timedelta(seconds=1)
    over = client.get(path)
    assert (over.status_code, "too old" in over.text) == (410, True)
    client.post(f"{path}/acceptance")
    assert member_of(people, nora) is None
    assert "Too old now" in ana.get("/circle").text
    assert ana.post(f"/circle/invitations/{made.public_id}/mails").status_code == 303
    assert made.expires_at - clock.now() > timedelta(days=6)
    assert client.get(path).status_code == 200
    assert client.post(f"{path}/acceptance").status_code == 303
    after = ana.post(f"/circle/invitations/{made.public_id}/revocation")
    assert "It was accepted already" in ana.get(after.location).text
    assert member_of(people, nora) is not None


def test_undo_of_taking_back_is_late_or_in_the_way_of_a_newer_one(people, client_of):
    _path, made = offered(people, revoked_at=clock.now() - timedelta(minutes=11))
    with transaction():
        assert operations.reopen_invitation(made, people.ana, clock.now()) is False
        made.revoked_at = clock.now()
        factories.invitation(people.circle, people.ana, "nora@example.org")
        assert operations.reopen_invitation(made, people.ana, clock.now()) is False


def test_an_address_that_nobody_confirmed_is_forgotten_and_the_invitation_still_works(people, client_of):
    invite(people, people.ana, client_of)
    [made] = invitations()
    with transaction():
        forget_unconfirmed(clock.now() + timedelta(days=8))
    assert address_of("nora@example.org") is None
    with transaction():
        operations.send_again(made, people.ana, clock.now() + timedelta(days=8))
    nora = db.session.get(Account, address_of("nora@example.org").account_id)
    with transaction():
        nora.address.confirmed_at = clock.now()
    assert client_of(nora).post(f"/invitations/{made.token}/acceptance").status_code == 303
    assert member_of(people, nora).preset == "manage_calendar"


def test_what_is_long_over_is_forgotten(people):
    with transaction():
        factories.invitation(people.circle, people.ana, expires_at=clock.now() - timedelta(days=91))
        kept = factories.invitation(people.circle, people.ana, expires_at=clock.now() - timedelta(days=89))
        factories.membership_end(people.circle, people.ana)
    jobs.forget_old_invitations()
    assert [one.id for one in invitations()] == [kept.id]
    assert db.session.query(MembershipEnd).count() == 0


def test_who_is_in_already_keeps_the_rights(people, client_of):
    with transaction():
        made = factories.invitation(people.circle, people.ana, "ben@example.org", preset="full_help", see_notes=True)
    ben = client_of(people.ben)
    assert "You are in this circle already" in ben.get(f"/invitations/{made.token}").text
    assert ben.post(f"/invitations/{made.token}/acceptance").status_code == 303
    assert member_of(people, people.ben).preset == "manage_calendar"


def test_an_offer_ends_with_the_right_to_make_it(people, nora, client_of):
    path, made = offered(people)
    with transaction():
        made.invited_by_id = people.ben.id
    client = client_of(nora)
    assert client.get(path).status_code == 410
    client.post(f"{path}/acceptance")
    assert member_of(people, nora) is None
    assert queries.open_invitations(nora, clock.now()) == []


@pytest.mark.parametrize(("own", "subject"), [("en", "You have an invitation"), (None, "您收到一份邀请")])
def test_the_mail_is_in_the_reader_s_own_language_else_in_the_chosen_one(people, nora, client_of, own, subject):
    with transaction():
        nora.language = own
    invite(people, people.ana, client_of)
    [made] = invitations()
    delivery = db.session.scalars(sa.select(Delivery).where(Delivery.subject_id == made.id)).one()
    mail = compose_invitation(delivery, clock.now())
    assert mail.subject == subject
    assert ("?lang=zh" in mail.text) == (own is None)
    assert "Ana" in mail.text
    with transaction():
        people.ana.name = "Win at evil.example"
    assert "evil" not in compose_invitation(delivery, clock.now()).text
    with transaction():
        made.revoked_at = clock.now()
    assert compose_invitation(delivery, clock.now()) is None
