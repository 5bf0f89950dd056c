"""Members of a circle: rights changed, removed with all that was theirs, put back, leaving."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from companion import clock
from companion.calendar.operations import make_feed
from companion.calendar.queries import is_live
from companion.circles import operations
from companion.circles.models import Circle, Invitation, Membership, MembershipEnd
from companion.database import transaction
from companion.extensions import db
from companion.infusions.models import NurseLink
from companion.infusions.operations.nurse_links import make_nurse_link
from companion.preparations.models import Duty
from companion.preparations.operations import claim_duty
from companion.reminders.operations import tell_caregiver
from companion.reminders.queries import rule_of
from tests import factories


def place(people, account):
    db.session.expire_all()
    query = sa.select(Membership).where(Membership.circle_id == people.circle.id, Membership.account_id == account.id)
    return db.session.scalars(query).first()


def test_who_keeps_the_circle_sees_each_place_and_the_others_only_their_own(people, client_of):
    ben, ana = place(people, people.ben), client_of(people.ana)
    page = ana.get("/circle").text
    assert f"/circle/members/{ben.public_id}" in page
    assert "Invite someone" in page
    page = ana.get(f"/circle/members/{ben.public_id}").text
    for words in ("What may Ben do?", "Remove from the circle", "Add and move dates"):
        assert words in page
    assert "Ask to keep the circle" not in page, "the patient keeps it"
    vera = client_of(people.vera).get("/circle").text
    assert "Ben" in vera
    assert "Sees and changes dates" not in vera, "what others may do is not hers to know"
    assert "See infusions, visits" in vera
    assert "/circle/members/" not in vera
    assert "/circle/departure" in vera
    assert "/circle/departure" not in page


def test_rights_change_with_the_next_request_and_can_be_undone(people, client_of):
    path, ben, ana = (
        f"/circle/members/{place(people, people.ben).public_id}",
        client_of(people.ben),
        client_of(people.ana),
    )
    assert ben.get("/check-ins").status_code == 403
    answer = ana.post(path, data={"preset": "full_help", "see_notes": "y", "was": "manage_calendar"})
    assert answer.status_code == 303
    assert ben.get("/check-ins").status_code == 200
    assert place(people, people.ben).mark == "full_help notes"
    page = ana.get(answer.location).text
    assert 'name="preset" value="manage_calendar"' in page, "Undo"
    late = ana.post(path, data={"preset": "calendar_only", "was": "manage_calendar"})
    assert late.status_code == 409
    assert "Somebody changed this a moment ago" in late.text
    ana.post(path, data={"preset": "calendar_only", "see_notes": "y", "was": "full_help notes"})
    assert ben.get("/regimens/new").status_code == 403
    assert place(people, people.ben).mark == "calendar_only"
    assert ana.post(path, data={"preset": "patient", "was": "calendar_only"}).status_code == 422
    assert ben.post(path, data={"preset": "full_help"}).status_code == 403


@pytest.fixture
def busy_ben(people):
    """Ben has reminders, a feed, a nurse link and drives next week."""
    now = clock.now()
    with transaction():
        infusion = factories.infusion(people.circle)
        infusion.days[0].planned_on = now.date() + timedelta(days=7)
        db.session.flush()
        claim_duty(infusion, "drive", account=people.ben, now=now)
        feed, _token = make_feed(people.ben, people.circle, language="en", now=now)
        tell_caregiver(people.circle, people.ben, alerts=True, escalations=True, by=people.ana, now=now)
        link = make_nurse_link(infusion, account=people.ben, now=now)
    return feed, link


def duty():
    db.session.expire_all()
    return db.session.scalars(sa.select(Duty).where(Duty.role == "drive")).one()


def test_removed_at_once_with_all_that_was_theirs_and_put_back(people, client_of, busy_ben):
    feed, link = busy_ben
    ben, ana = client_of(people.ben), client_of(people.ana)
    removal = f"/circle/members/{place(people, people.ben).public_id}/removal"
    answer = ana.post(removal)
    rule = rule_of(people.circle.id, people.ben.id)
    assert place(people, people.ben) is None
    assert ben.get(f"/circle?circle={people.circle.public_id}").status_code == 404
    assert ben.get("/").location == "/circle/new"
    assert ben.get("/offline/snapshot").json["circles"] == []
    assert (rule.is_on, rule.gets_escalations, rule.switched_on_by_id) == (False, False, None)
    assert (is_live(feed), feed.revoked_at is not None) == (False, True)
    assert (duty().state, duty().account_id) == ("open", None)
    assert db.session.get(NurseLink, link.id).ended_at is not None
    page = ana.get(answer.location).text
    assert ana.post(removal).status_code == 404, "a second time"
    undo = f"/circle/membership-ends/{db.session.scalars(sa.select(MembershipEnd)).one().public_id}/undo"
    assert undo in page
    assert ben.post(undo).status_code == 404
    assert ana.post(undo).status_code == 303
    rule = rule_of(people.circle.id, people.ben.id)
    assert place(people, people.ben).mark == "manage_calendar"
    assert (rule.is_on, rule.gets_escalations, rule.switched_on_by_id) == (True, True, people.ana.id)
    assert is_live(feed)
    assert duty().account_id == people.ben.id
    again = ana.post(undo)
    assert "too late" in ana.get(again.location).text


def test_an_undo_after_ten_minutes_is_too_late_and_a_duty_taken_since_stays(people, busy_ben):
    now = clock.now()
    with transaction():
        end = operations.remove_member(people.circle, place(people, people.ben).public_id, by=people.ana, now=now)
        with pytest.raises(operations.UndoIsLate):
            operations.put_back_member(end, by=people.ana, now=now + timedelta(minutes=10))
        claim_duty(duty().infusion, "drive", account=people.vera, now=now)
        operations.put_back_member(end, by=people.ana, now=now + timedelta(minutes=9))
    assert duty().account_id == people.vera.id


def test_past_duties_stay_and_an_offer_ends(people):
    now = clock.now()
    with transaction():
        infusion = factories.infusion(people.circle)
        infusion.days[0].planned_on = date(2026, 11, 2)
        claim_duty(infusion, "drive", account=people.ben, now=now)
        later = factories.infusion(people.circle)
        later.days[0].planned_on = now.date() + timedelta(days=9)
        claim_duty(later, "stay", account=people.vera, now=now)
        stay = db.session.scalars(sa.select(Duty).where(Duty.role == "stay")).one()
        stay.offered_to_id, stay.offered_by_id = people.ben.id, people.vera.id
        operations.remove_member(people.circle, place(people, people.ben).public_id, by=people.ana, now=now)
    assert duty().account_id == people.ben.id
    stay = db.session.scalars(sa.select(Duty).where(Duty.role == "stay")).one()
    assert (stay.account_id, stay.offered_to_id) == (people.vera.id, None)


def test_leaving_is_asked_twice_and_the_patient_stays(people, client_of):
    ben, ana = client_of(people.ben), client_of(people.ana)
    assert "new invitation" in ben.get("/circle/departure").text
    assert ben.post("/circle/departure").status_code == 422
    assert place(people, people.ben) is not None
    answer = ben.post("/circle/departure", data={"sure": "y"})
    assert (answer.status_code, answer.location) == (303, "/")
    assert place(people, people.ben) is None
    end = db.session.scalars(sa.select(MembershipEnd)).one()
    with transaction(), pytest.raises(operations.UndoIsLate):
        operations.put_back_member(end, by=people.ana, now=clock.now())
    assert "you cannot leave it" in ana.get("/circle/departure").text
    ana.post("/circle/departure", data={"sure": "y"})
    assert place(people, people.ana).preset == "patient"
    own = f"/circle/members/{place(people, people.ana).public_id}"
    for path, fields in ((f"{own}/removal", {}), (own, {"preset": "calendar_only"}), (f"{own}/keeping", {})):
        assert ana.post(path, data=fields).status_code == 303
        assert place(people, people.ana).preset == "patient"


def test_who_decides_is_looked_at_again(people):
    """The right may have gone between the page's check and the change."""
    vera, now = place(people, people.vera).public_id, clock.now()
    with transaction():
        for wrong in (
            lambda: operations.change_rights(
                people.circle, vera, "full_help", see_notes=False, was=None, by=people.ben, now=now
            ),
            lambda: operations.remove_member(people.circle, vera, by=people.ben, now=now),
            lambda: operations.invite(
                people.circle, people.ben, email="x@example.org", preset="full_help", language="en", now=now
            ),
        ):
            with pytest.raises(operations.NotKeeper):
                wrong()
        with pytest.raises(operations.MemberIsGone):
            operations.remove_member(people.circle, "nobody", by=people.ana, now=now)


def test_a_caregiver_of_two_patients_can_go_from_one_to_the_other(people, client_of):
    with transaction():
        factories.membership(people.sams_circle, people.ben, "calendar_only")
    ben = client_of(people.ben)
    for here, there in ((people.circle, people.sams_circle), (people.sams_circle, people.circle)):
        page = ben.get(f"/circle?circle={here.public_id}").text
        assert f'href="/circle?circle={there.public_id}"' in page
        assert f"/circle/contacts?circle={here.public_id}" in page
        assert f"/circle/departure?circle={here.public_id}" in page
        for path in ("/", "/infusions", "/calendar", "/visits", "/regimens", "/circle/reminders", "/supplies"):
            shown = ben.get(f"{path}?circle={here.public_id}").text
            assert there.public_id not in shown or path in ("/calendar",), path
            assert here.public_id in shown, path
    assert ben.post("/circle/departure", data={"sure": "y"}).status_code == 400, "which circle?"
    ben.post("/circle/departure", data={"sure": "y", "circle": people.sams_circle.public_id})
    assert place(people, people.ben) is not None
    assert ben.get("/circle").status_code == 200


def holders(circle):
    db.session.expire_all()
    found = db.session.get(Circle, circle.id)
    return [m.preset for m in found.memberships if "keep_circle" in m.rights]


def test_a_keeper_hands_over_and_the_patient_claims_the_circle(people, client_of):
    with transaction():
        circle = factories.circle(keeper=people.ben, patient_name="Dad")
        factories.membership(circle, people.vera, "calendar_only")
        dad = factories.account("Dad", "dad@example.org")
    name = {"circle": circle.public_id}
    ben, vera, father = client_of(people.ben), client_of(people.vera), client_of(dad)
    vera_place = next(m for m in circle.memberships if m.account_id == people.vera.id)
    page = ben.get("/circle", query_string=name).text
    assert "Invite the patient" in page
    with transaction(), pytest.raises(operations.CircleNeedsSomebody):
        operations.leave_circle(circle, people.ben, now=clock.now())
    asked = ben.post(f"/circle/members/{vera_place.public_id}/keeping")
    assert holders(circle) == ["keeper"]
    assert "vera@example.org" not in ben.get(asked.location).text, "members do not show their addresses"
    offer = db.session.scalars(sa.select(Invitation)).one()
    page = vera.get(f"/invitations/{offer.token}").text
    assert "Ben asks you to keep the circle of Dad." in page
    assert "What may Ben do from now on?" in page
    yes = f"/invitations/{offer.token}/acceptance"
    assert vera.post(yes, data={"preset": ""}).status_code == 422
    assert vera.post(yes, data={"preset": "full_help", "see_notes": "y"}).status_code == 303
    assert {m.account_id: m.mark for m in db.session.get(Circle, circle.id).memberships} == {
        people.vera.id: "keeper notes",
        people.ben.id: "full_help notes",
    }
    assert ben.get("/circle/invitations/new", query_string=name).status_code == 403
    invited = vera.post(
        "/circle/invitations", data={**name, "email": "dad@example.org", "preset": "patient", "language": "en"}
    )
    also = vera.post(
        "/circle/invitations", data={**name, "email": "x@example.org", "preset": "full_help", "language": "en"}
    )
    assert invited.status_code == also.status_code == 303
    offers = db.session.scalars(sa.select(Invitation).order_by("id")).all()
    yes = f"/invitations/{offers[1].token}/acceptance"
    assert father.post(yes, data={"preset": "calendar_only"}).status_code == 303
    assert holders(circle) == ["patient"]
    assert db.session.get(Circle, circle.id).patient_account_id == dad.id
    assert vera_place.mark == "calendar_only"
    assert offers[2].revoked_at is not None, "what the keeper offered ends with the keeping"
    assert father.get("/check-ins").status_code == 200


def test_nobody_is_the_patient_of_two_circles(people, client_of):
    with transaction():
        circle = factories.circle(keeper=people.ben)
        made = factories.invitation(circle, people.ben, "sam@example.org", preset="patient")
    answer = client_of(people.sam).post(f"/invitations/{made.token}/acceptance", data={"preset": "full_help"})
    assert (answer.status_code, "Nobody is in two" in answer.text) == (409, True)
    assert holders(circle) == ["keeper"]
    assert made.accepted_at is None
