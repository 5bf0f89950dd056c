"""The medical card as it is read: in the patient's language first, then in the other one."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from companion.circles.models import Circle
from companion.circles.queries import contacts_of
from companion.extensions import db
from companion.formatting import full_date
from companion.infusions.models import Infusion
from companion.infusions.queries import last_given
from companion.language import HTML_LANG, LANGUAGES
from companion.medical_cards.models import NONE_KNOWN, SOME, MedicalCard

Lines = list[tuple[str, str]]
SOURCE = "EFNS/PNS guideline, J Peripher Nerv Syst 2010;15:295-301. Donaghy, JNNP 1994;57:778-783."
"""Steroids can make MMN worse: the guideline does not recommend them, the series saw patients become weaker."""


@dataclass(frozen=True, slots=True)
class Face:
    """The card in one language: lines of the front and the back, and the line about steroids where MMN is named."""

    lang: str
    title: str
    front: Lines
    back: Lines
    warning: str = ""
    source: str = ""
    as_of: str = ""


def card_of(circle: Circle) -> MedicalCard | None:
    """What was entered for the card."""
    return db.session.scalars(sa.select(MedicalCard).where(MedicalCard.circle_id == circle.id)).first()


def faces_of(circle: Circle, today: date, first: str) -> list[Face]:
    """The card in both languages, the given one first."""
    card, infusion = card_of(circle), last_given(circle, today)
    faces = []
    for language in sorted(LANGUAGES, key=lambda one: one != first):
        with force_locale(language):
            faces.append(_face(circle, card, infusion, today, HTML_LANG[language]))
    return faces


def _face(circle: Circle, card: MedicalCard | None, infusion: Infusion | None, today: date, lang: str) -> Face:
    unknown = _("not entered")
    conditions = [_("Multifocal motor neuropathy (MMN)")] if card and card.has_mmn else []
    conditions += [card.conditions] if card and card.conditions else []
    front = [
        (_("Name"), circle.shown_name or unknown),
        (_("Year of birth"), str(circle.birth_year or unknown)),
        (_("Condition"), "; ".join(conditions) or unknown),
        (_("Allergies"), _allergies(card) or unknown),
    ]
    back = [
        (_("Immunoglobulin"), _product_of(infusion) or unknown),
        (_("Last infusion"), full_date(infusion.first_given_on()) if infusion else unknown),
        *_numbers(circle),
    ]
    has_mmn = card is not None and card.has_mmn
    return Face(
        lang,
        _("Medical card"),
        front,
        back,
        warning=_("Steroids can make MMN weaker: please call the neurologist first.") if has_mmn else "",
        source=SOURCE if has_mmn else "",
        as_of=_("As of %(date)s", date=full_date(today)),
    )


def _allergies(card: MedicalCard | None) -> str:
    if card is None or card.allergy_answer is None:
        return ""
    if card.allergy_answer == NONE_KNOWN:
        return str(_("none known"))
    return (card.allergies or "") if card.allergy_answer == SOME else ""


def _product_of(infusion: Infusion | None) -> str:
    """The product that was given last, as far as it is known."""
    if infusion is None:
        return ""
    given = [day.given_record.product for day in infusion.days if day.given_record and day.given_record.product]
    planned = infusion.product or (infusion.regimen.product if infusion.regimen else None)
    return str(given[-1] if given else planned or "")


def _numbers(circle: Circle) -> Lines:
    words = {"neurologist": _("Neurologist"), "clinic": _("Infusion clinic")}
    contacts = contacts_of(circle)
    return [
        (word, " ".join(filter(None, (contacts[kind].name, _whole(contacts[kind].phone)))))
        for kind, word in words.items()
        if kind in contacts and contacts[kind].phone
    ]


def _whole(phone: str | None) -> str:
    """A phone number that no line breaks in two."""
    return (phone or "").replace(" ", "\N{NO-BREAK SPACE}")
