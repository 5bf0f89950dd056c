"""Ana the patient, Ben her husband who drives, Vera who sees the dates, and Sam with a circle of his own."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from companion.accounts.models import Account
from companion.circles.models import ON_TREATMENT, Circle, Contact, Membership, Weight
from companion.clinician_links.operations import make_link, note_view
from companion.consents.models import CLINICIAN, HEALTH_DATA, MAIL, SHARING, VERSIONS
from companion.consents.operations import agree
from companion.database import keyring
from companion.delivery.models import MailAddress
from companion.demo.operations.calendar import FIRST_CHECK_IN, ZONE, Calendar
from companion.demo.queries import ADDRESSES
from companion.domain import roles
from companion.extensions import db
from companion.medical_cards.operations import save_card

# Numbers of a range that is kept for stories: they reach nobody.
CONTACTS = (
    ("clinic", "City hospital day unit", "01632 960101", "Open from 8 to 17"),
    ("after_hours", "City hospital, ward 4", "01632 960102", "Nights and weekends"),
    ("neurologist", "Dr Okafor, nerve clinic", "01632 960103", None),
    ("pharmacy", "Mill Lane pharmacy", "01632 960104", None),
)
CARD = {"has_mmn": True, "conditions": None, "allergy_answer": "some", "allergies": "Penicillin: a rash"}
WEIGHTS = ((-540, "71.5"), (-300, "70.5"), (-20, "70"))


@dataclass(frozen=True, slots=True)
class People:
    """The accounts and the two circles."""

    ana: Account
    ben: Account
    vera: Account
    sam: Account
    circle: Circle
    sams_circle: Circle


def make_people(days: Calendar) -> People:
    """The four accounts, both circles, Ana's contacts, weights and medical card."""
    ana, ben, vera, sam = (_account(name, days) for name in ("Ana", "Ben", "Vera", "Sam"))
    circle = _circle(ana, days, birth_year=1979, has_grip_meter=True)
    _join(circle, ben, roles.MANAGE_CALENDAR, days)
    _join(circle, vera, roles.CALENDAR_ONLY, days)
    sams_circle = _circle(sam, days, birth_year=1986, has_grip_meter=False)
    for kind, name, phone, note in CONTACTS:
        db.session.add(Contact(circle_id=circle.id, kind=kind, name=name, phone=phone, note=note))
    for offset, weight in WEIGHTS:
        on = days.on(offset)
        db.session.add(Weight(circle_id=circle.id, on=on, weight_kg=Decimal(weight), recorded_at=days.at(on, 19)))
    save_card(circle, CARD, now=_began_at(days))
    _show_the_doctor(circle, ana, days)
    _agree(circle, ana, days)
    return People(ana, ben, vera, sam, circle, sams_circle)


def _show_the_doctor(circle: Circle, ana: Account, days: Calendar) -> None:
    """A link for the next visit, opened once."""
    made_at = days.now - timedelta(days=3)
    shown = {"first_on": days.on(-93), "last_on": days.on(-3)}
    link = make_link(circle, ana, **shown, days=14, language="en", now=made_at)
    note_view(link, made_at + timedelta(hours=20))


def _agree(circle: Circle, ana: Account, days: Calendar) -> None:
    """What Ana said yes to when she began."""
    asked = (HEALTH_DATA, SHARING, CLINICIAN, MAIL)
    shown = [f"{purpose}.{VERSIONS[purpose]}" for purpose in asked]
    agree(ana, shown, asked=asked, circle_id=circle.id, language="en", now=_began_at(days))


def _account(name: str, days: Calendar) -> Account:
    """An account with a confirmed address; its language is that of the page."""
    began_at = _began_at(days)
    account = Account(name=name, tz=ZONE, country="GB", created_at=began_at)
    db.session.add(account)
    db.session.flush()
    email = ADDRESSES[name.lower()]
    hashed = keyring().fingerprint(email)
    db.session.add(MailAddress(account_id=account.id, email=email, email_hash=hashed, confirmed_at=began_at))
    return account


def _circle(patient: Account, days: Calendar, *, birth_year: int, has_grip_meter: bool) -> Circle:
    circle = Circle(
        patient_account_id=patient.id,
        patient_name=patient.name,
        birth_year=birth_year,
        country="GB",
        tz=ZONE,
        stage=ON_TREATMENT,
        has_grip_meter=has_grip_meter,
        created_at=_began_at(days),
    )
    db.session.add(circle)
    db.session.flush()
    _join(circle, patient, roles.PATIENT, days)
    return circle


def _join(circle: Circle, account: Account, role: str, days: Calendar) -> None:
    db.session.add(
        Membership(
            circle_id=circle.id,
            account_id=account.id,
            preset=role,
            rights=roles.rights_of(role),
            created_at=_began_at(days),
        )
    )


def _began_at(days: Calendar) -> datetime:
    return days.at(days.on(FIRST_CHECK_IN), 9) - timedelta(hours=1)
