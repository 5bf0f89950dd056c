"""Plain functions that make valid rows."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from PIL import Image, ImageCms

from companion import clock
from companion.accounts.models import Account, AccountSession, Passkey
from companion.accounts.queries import token_hash
from companion.checkins.models import CheckIn, QuestionnaireTotal
from companion.circles.models import Circle, Invitation, Membership, MembershipEnd, Weight
from companion.clinician_links.models import ClinicianLink
from companion.clinician_links.operations import make_link
from companion.database import keyring, public_id
from companion.delivery.models import MailAddress, PushSubscription
from companion.domain.roles import rights_of
from companion.extensions import db
from companion.infusions.models import (
    DayStep,
    DiaryEntry,
    GivenRecord,
    Infusion,
    InfusionDay,
    LabelPhoto,
    NurseLink,
    PlanChange,
    Reaction,
    Regimen,
    StepList,
    Vial,
)
from companion.messages.models import CopiedMessage
from companion.preparations.models import PreparationChange
from companion.supplies.models import Parcel, Supply, SupplyChange, SupplyStock
from companion.visits.models import Visit, VisitChange

LONG_AGO = datetime(2025, 1, 1, 12, tzinfo=UTC)


def add(row: Any) -> Any:
    """Add and flush one row."""
    db.session.add(row)
    db.session.flush()
    return row


def account(name: str, email: str, **values: Any) -> Account:
    """An account with a confirmed mail address."""
    defaults: dict[str, Any] = {"tz": "Europe/London", "language": None, "created_at": LONG_AGO}
    made: Account = add(Account(name=name, **(defaults | values)))
    add(MailAddress(account_id=made.id, email=email, email_hash=keyring().fingerprint(email), confirmed_at=LONG_AGO))
    return made


def push_subscription(owner: Account, endpoint: str = "", **values: Any) -> PushSubscription:
    """A device of an account that takes messages. Its keys open nothing."""
    where = endpoint or f"https://fcm.googleapis.com/fcm/send/{public_id()}"
    defaults: dict[str, Any] = {
        "p256dh": "p" * 87,
        "vapid_public": "v" * 87,
        "provider": "fcm.googleapis.com",
        "device_name": "Phone",
        "created_at": LONG_AGO,
        "sent_since_confirmed": 0,
    }
    made = PushSubscription(account_id=owner.id, endpoint_hash=keyring().fingerprint(where), **(defaults | values))
    made.endpoint, made.auth = where, "a" * 22
    added: PushSubscription = add(made)
    return added


def circle(patient: Account | None = None, keeper: Account | None = None, **values: Any) -> Circle:
    """A circle with its patient or keeper."""
    defaults: dict[str, Any] = {
        "tz": "Europe/London",
        "country": "GB",
        "stage": "on_treatment",
        "has_grip_meter": True,
        "created_at": LONG_AGO,
    }
    made: Circle = add(Circle(patient_account_id=patient.id if patient else None, **(defaults | values)))
    if patient:
        membership(made, patient, "patient")
    if keeper:
        membership(made, keeper, "keeper")
    return made


def membership(circle: Circle, account: Account, preset: str, see_notes: bool = False) -> Membership:
    """A membership with the rights of a preset."""
    made: Membership = add(
        Membership(
            circle_id=circle.id,
            account_id=account.id,
            preset=preset,
            rights=rights_of(preset, see_notes),
            created_at=LONG_AGO,
        )
    )
    return made


ALWAYS = timedelta(days=3650)


def session_token(
    account: Account, now: datetime, shared_device: bool = False, *, fresh: bool = True, limited: bool = False
) -> str:
    """A signed-in browser's token; its person has just shown who they are, however late the clock of a test is."""
    token = public_id()
    add(
        AccountSession(
            account_id=account.id,
            token_hash=token_hash(token),
            device="test",
            shared_device=shared_device,
            created_at=now,
            last_seen_at=now,
            used_at=now,
            stepped_up_at=now + ALWAYS if fresh else None,
            limited=limited,
            expires_at=now + timedelta(days=180),
        )
    )
    return token


def passkey(owner: Account) -> Passkey:
    """A passkey that opens nothing: nobody has its other half."""
    ident = public_id()
    made = Passkey(account_id=owner.id, credential_id=ident, credential_hash=token_hash(ident), public_key=b"")
    made.name, made.created_at = "Phone", LONG_AGO
    added: Passkey = add(made)
    return added


# --- one row of each kind that an address can name ---


def member(circle: Circle, preset: str = "calendar_only", **values: Any) -> Membership:
    """Somebody new in a circle."""
    return membership(circle, account("Nora", f"{public_id()}@example.org".lower()), preset, **values)


def invitation(circle: Circle, by: Account, email: str = "", **values: Any) -> Invitation:
    """An invitation of the first of November 2026, open for a long time unless told otherwise."""
    defaults: dict[str, Any] = {"preset": "calendar_only", "language": "en", "created_at": LONG_AGO}
    defaults |= {"sent_at": LONG_AGO, "expires_at": datetime(2099, 1, 1, tzinfo=UTC), "public_id": public_id()}
    where = email or f"{public_id()}@example.org".lower()
    made = Invitation(circle_id=circle.id, invited_by_id=by.id, **(defaults | values))
    made.email, made.email_hash, made.token_hash = where, keyring().fingerprint(where), token_hash(made.token)
    added: Invitation = add(made)
    return added


def membership_end(circle: Circle, by: Account) -> MembershipEnd:
    """Somebody was removed long ago."""
    nora = account("Nora", f"{public_id()}@example.org".lower())
    kept: dict[str, Any] = {"preset": "calendar_only", "rights": rights_of("calendar_only"), "kept": {}}
    times = {"member_since_at": LONG_AGO, "at": LONG_AGO}
    made: MembershipEnd = add(MembershipEnd(circle_id=circle.id, account_id=nora.id, by_id=by.id, **kept, **times))
    return made


def check_in(circle: Circle, account: Account, **values: Any) -> CheckIn:
    """A check-in of the first of November 2026."""
    defaults: dict[str, Any] = {
        "recorded_at": datetime(2026, 11, 1, 9, tzinfo=UTC),
        "tz": circle.tz,
        "on": date(2026, 11, 1),
        "left_rating": 3,
        "right_rating": 4,
        "created_at": LONG_AGO,
    }
    made: CheckIn = add(CheckIn(circle_id=circle.id, account_id=account.id, **(defaults | values)))
    return made


def questionnaire_total(circle: Circle, account: Account, **values: Any) -> QuestionnaireTotal:
    """38 of 50 on the first of November 2026."""
    defaults: dict[str, Any] = {"name": "MMN-RODS", "total": Decimal(38), "out_of": Decimal(50)}
    defaults |= {"on": date(2026, 11, 1), "created_at": LONG_AGO}
    made: QuestionnaireTotal = add(
        QuestionnaireTotal(circle_id=circle.id, account_id=account.id, **(defaults | values))
    )
    return made


def weight(circle: Circle, **values: Any) -> Weight:
    """72.5 kg on a day that no other weight of the circle has."""
    taken = db.session.query(Weight).filter_by(circle_id=circle.id).count()
    defaults = {"on": date(2026, 1, 1) + timedelta(days=taken), "weight_kg": Decimal("72.5"), "recorded_at": LONG_AGO}
    made: Weight = add(Weight(circle_id=circle.id, **(defaults | values)))
    return made


def regimen(circle: Circle, **values: Any) -> Regimen:
    """A plan of one day every four weeks, without courses."""
    defaults: dict[str, Any] = {
        "day_offsets": [0],
        "interval_count": 4,
        "interval_unit": "week",
        "tz": circle.tz,
        "anchor_on": date(2027, 3, 5),
        "created_at": LONG_AGO,
    }
    made: Regimen = add(Regimen(circle_id=circle.id, **(defaults | values)))
    return made


def infusion(circle: Circle, **values: Any) -> Infusion:
    """One planned course of a plan, with its one day."""
    plan, first_on = regimen(circle), date(2027, 3, 5)
    defaults: dict[str, Any] = {"regimen_id": plan.id, "first_on": first_on, "created_at": LONG_AGO}
    made: Infusion = add(Infusion(circle_id=circle.id, **(defaults | values)))
    add(InfusionDay(infusion_id=made.id, circle_id=circle.id, number=1, planned_on=first_on, tz=circle.tz))
    return made


def plan_change(circle: Circle, **values: Any) -> PlanChange:
    """A change of a course that moved nothing."""
    defaults: dict[str, Any] = {"verb": "done", "before": {"rows": {}}, "after": {"rows": {}}, "at": LONG_AGO}
    made: PlanChange = add(PlanChange(circle_id=circle.id, infusion_id=infusion(circle).id, **(defaults | values)))
    return made


def vial(circle: Circle, **values: Any) -> Vial:
    """A vial of a course."""
    defaults = {"lot": "LE12-345", "lot_normalised": "LE12345", "created_at": LONG_AGO}
    made: Vial = add(Vial(circle_id=circle.id, infusion_id=infusion(circle).id, **(defaults | values)))
    return made


def reaction(circle: Circle, **values: Any) -> Reaction:
    """A headache after a course."""
    row = Reaction(
        circle_id=circle.id, infusion_id=infusion(circle).id, started_on=date(2026, 11, 1), severity="mild"
    )
    row.what, row.created_at = "headache", LONG_AGO
    made: Reaction = add(row)
    return made


def visit(circle: Circle, **values: Any) -> Visit:
    """A visit to the neurologist, in the morning."""
    defaults: dict[str, Any] = {
        "kind": "neurologist",
        "planned_on": date(2027, 3, 10),
        "local_time": "10:30",
        "tz": circle.tz,
        "starts_at": datetime(2027, 3, 10, 10, 30, tzinfo=UTC),
        "created_at": LONG_AGO,
        "changed_at": LONG_AGO,
    }
    made: Visit = add(Visit(circle_id=circle.id, **(defaults | values)))
    return made


def visit_change(circle: Circle, **values: Any) -> VisitChange:
    """A change of a visit that touched nothing."""
    defaults: dict[str, Any] = {"verb": "done", "before": {}, "after": {}, "at": LONG_AGO}
    made: VisitChange = add(VisitChange(circle_id=circle.id, visit_id=visit(circle).id, **(defaults | values)))
    return made


def jpeg_with_place(size: tuple[int, int] = (640, 480), orientation: int = 1, shade: int = 40) -> bytes:
    """A phone's photo, its left half bright, with a place, a camera, a colour profile and comments in it."""
    image = Image.new("RGB", size, (shade, shade, shade))
    image.paste((240, 240, 240), (0, 0, size[0] // 2, size[1]))
    exif = Image.Exif()
    exif[0x0110], exif[0x0112], exif[0x010E] = "Nokia 3310", orientation, "12 Elm Street"
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 30.0, 26.0), 3: "W", 4: (0.0, 7.0, 39.0)})
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>12 Elm Street</x:xmpmeta>"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif, xmp=xmp, icc_profile=profile, comment=b"12 Elm Street")
    return out.getvalue()


def label_photo(circle: Circle, **values: Any) -> LabelPhoto:
    """A photo of a course's labels."""
    defaults = {"fingerprint": public_id(), "width": 1, "height": 1, "created_at": LONG_AGO}
    made = LabelPhoto(circle_id=circle.id, infusion_id=infusion(circle).id, **(defaults | values))
    made.picture = made.preview = b"\xff\xd8\xff\xd9"
    kept: LabelPhoto = add(made)
    return kept


def given_record(circle: Circle, **values: Any) -> GivenRecord:
    """The record of a day, as empty as it can be."""
    defaults: dict[str, Any] = {"rates": [], "saved_at": LONG_AGO}
    made: GivenRecord = add(GivenRecord(circle_id=circle.id, day=infusion(circle).days[0], **(defaults | values)))
    return made


def day_step(circle: Circle, **values: Any) -> DayStep:
    """A ticked step of a day."""
    defaults: dict[str, Any] = {"number": 1, "text": "Wash hands", "ticked_at": LONG_AGO}
    made: DayStep = add(DayStep(circle_id=circle.id, day=infusion(circle).days[0], **(defaults | values)))
    return made


def step_list(circle: Circle) -> StepList:
    """The steps of a circle, of which there is one row."""
    known = db.session.query(StepList).filter_by(circle_id=circle.id).first()
    made: StepList = known or add(StepList(circle_id=circle.id, vein="Wash hands", changed_at=LONG_AGO))
    return made


def preparation_change(circle: Circle, **values: Any) -> PreparationChange:
    """A change of a list that touched nothing."""
    defaults: dict[str, Any] = {"verb": "tick", "before": {}, "after": {}, "at": LONG_AGO}
    defaults["infusion_id"] = infusion(circle).id
    made: PreparationChange = add(PreparationChange(circle_id=circle.id, **(defaults | values)))
    return made


def diary_entry(circle: Circle, **values: Any) -> DiaryEntry:
    """A day after a course without a headache."""
    defaults: dict[str, Any] = {"day": 1, "on": date(2026, 11, 2), "headache": "none", "created_at": LONG_AGO}
    made: DiaryEntry = add(DiaryEntry(circle_id=circle.id, infusion_id=infusion(circle).id, **(defaults | values)))
    return made


def nurse_link(circle: Circle, **values: Any) -> NurseLink:
    """A link of a course that is over."""
    defaults = {"code_hash": public_id(), "created_at": LONG_AGO, "valid_until": LONG_AGO + timedelta(hours=12)}
    made: NurseLink = add(NurseLink(circle_id=circle.id, infusion_id=infusion(circle).id, **(defaults | values)))
    return made


def supply(circle: Circle, **values: Any) -> Supply:
    """Bottles at home, none of them there yet."""
    defaults: dict[str, Any] = {"kind": "vial", "name": "Hizentra", "created_at": LONG_AGO}
    made: Supply = add(Supply(circle_id=circle.id, **(defaults | values)))
    return made


def supply_stock(circle: Circle, **values: Any) -> SupplyStock:
    """Bottles of one lot."""
    defaults: dict[str, Any] = {"lot": "P4117", "lot_normalised": "P4117", "received_on": date(2026, 11, 1)}
    made: SupplyStock = add(SupplyStock(circle_id=circle.id, supply_id=supply(circle).id, **(defaults | values)))
    return made


def supply_change(circle: Circle, **values: Any) -> SupplyChange:
    """A change that moved nothing."""
    defaults: dict[str, Any] = {"verb": "counted", "vial_ids": [], "at": LONG_AGO}
    made: SupplyChange = add(SupplyChange(circle_id=circle.id, **(defaults | values)))
    return made


def parcel(circle: Circle, **values: Any) -> Parcel:
    """Four bottles on their way."""
    defaults: dict[str, Any] = {"count": 4, "created_at": LONG_AGO}
    made: Parcel = add(Parcel(circle_id=circle.id, supply_id=supply(circle).id, **(defaults | values)))
    return made


def copied_message(circle: Circle, account: Account, **values: Any) -> CopiedMessage:
    """A message about a course, copied for somebody who is no member."""
    defaults: dict[str, Any] = {"language": "en", "privacy": "neutral", "created_at": LONG_AGO, "for_name": "Uncle"}
    day = infusion(circle).days[0]
    made: CopiedMessage = add(
        CopiedMessage(circle_id=circle.id, day=day, sender_id=account.id, **(defaults | values))
    )
    return made


def clinician_link(circle: Circle, account: Account, **values: Any) -> ClinicianLink:
    """A link to November 2026, made just now."""
    defaults: dict[str, Any] = {"first_on": date(2026, 11, 1), "last_on": date(2026, 11, 30)}
    defaults |= {"days": 7, "language": "en", "now": clock.now()}
    return make_link(circle, account, **(defaults | values))


ROWS: dict[type[Any], Callable[[Circle, Account], Any]] = {
    Membership: lambda circle, account: member(circle),
    MembershipEnd: membership_end,
    ClinicianLink: clinician_link,
    Invitation: invitation,
    CheckIn: check_in,
    QuestionnaireTotal: questionnaire_total,
    Weight: lambda circle, account: weight(circle),
    Regimen: lambda circle, account: infusion(circle).regimen,
    Infusion: lambda circle, account: infusion(circle),
    InfusionDay: lambda circle, account: infusion(circle).days[0],
    PlanChange: lambda circle, account: plan_change(circle),
    NurseLink: lambda circle, account: nurse_link(circle),
    LabelPhoto: lambda circle, account: label_photo(circle),
    Vial: lambda circle, account: vial(circle),
    Reaction: lambda circle, account: reaction(circle),
    Visit: lambda circle, account: visit(circle),
    VisitChange: lambda circle, account: visit_change(circle),
    PreparationChange: lambda circle, account: preparation_change(circle),
    GivenRecord: lambda circle, account: given_record(circle),
    DayStep: lambda circle, account: day_step(circle),
    StepList: lambda circle, account: step_list(circle),
    DiaryEntry: lambda circle, account: diary_entry(circle),
    Supply: lambda circle, account: supply(circle),
    SupplyStock: lambda circle, account: supply_stock(circle),
    SupplyChange: lambda circle, account: supply_change(circle),
    Parcel: lambda circle, account: parcel(circle),
    CopiedMessage: copied_message,
}
"""How to make a row of each kind that an address can name by its public id."""
