"""Two at once: an invitation is accepted once, and nothing is accepted that was taken back first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import sqlalchemy as sa

from companion.circles.models import Invitation, Membership
from companion.database import transaction
from companion.extensions import db
from tests import factories


def at_once(app, *calls):
    """Answers of calls that begin together, each with a client of its own."""
    barrier = Barrier(len(calls))

    def run(call):
        client, path, fields = call
        with app.app_context():
            barrier.wait(10)
            return client.post(path, data=fields).status_code

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_accepted_twice_and_taken_back_at_once(app, people, client_of):
    with transaction():
        nora = factories.account("Nora", "nora@example.org")
    nora_id, circle_id = nora.id, people.circle.id
    for _ in range(3):
        with transaction():
            db.session.execute(sa.delete(Membership).where(Membership.account_id == nora_id))
            made = factories.invitation(people.circle, people.ana, "nora@example.org")
        yes, back, made_id = (
            f"/invitations/{made.token}/acceptance",
            f"/circle/invitations/{made.public_id}/revocation",
            made.id,
        )
        db.session.rollback()
        calls = [(client_of(nora), yes, {}), (client_of(nora), yes, {}), (client_of(people.ana), back, {})]
        db.session.rollback()
        assert at_once(app, *calls) == [303, 303, 303]
        db.session.expire_all()
        made = db.session.get(Invitation, made_id)
        query = sa.select(sa.func.count()).where(Membership.circle_id == circle_id, Membership.account_id == nora_id)
        assert (made.accepted_at is None) != (made.revoked_at is None)
        assert db.session.scalar(query) == (1 if made.accepted_at else 0)
        db.session.rollback()


def test_two_change_the_same_member_at_once(app, people, client_of):
    place = next(m for m in people.circle.memberships if m.account_id == people.ben.id)
    path, ident = f"/circle/members/{place.public_id}", place.id
    calls = [
        (client_of(people.ana), path, {"preset": preset, "was": "manage_calendar"})
        for preset in ("full_help", "calendar_only")
    ]
    db.session.rollback()
    assert sorted(at_once(app, *calls)) == [303, 409], "the second one is told"
    assert db.session.get(Membership, ident, populate_existing=True).preset in ("full_help", "calendar_only")
    db.session.rollback()
    calls = [(client_of(people.ana), f"{path}/removal", {}) for _ in range(2)]
    db.session.rollback()
    answers = sorted(at_once(app, *calls))
    assert answers in ([303, 303], [303, 404])
