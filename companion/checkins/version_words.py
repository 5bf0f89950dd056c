"""Where two versions of one check-in differ, in words: what is saved now, and what was typed on another device."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from companion.checkins import forms, words
from companion.checkins.models import CANNOT, HANDS
from companion.domain.check_in_plan import DAILY_HANDS, MOVEMENTS
from companion.formatting import joined, number, unit_word, weekday_date

ABOUT_THE_PAGE = frozenset({"day", "on", "part", "rest"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One question with two answers."""

    question: str
    saved: str
    typed: str


def differences(saved: forms.CheckInForm, typed: forms.CheckInForm, *, with_note: bool) -> list[Difference]:
    """The questions that the two answer in two ways, in the order of the form.

    Questions that the sending page did not ask are left out: saving it leaves their answers alone.
    """
    found = []
    for name in dict.fromkeys([*saved._fields, *typed._fields]):
        if not _is_asked(name, typed, with_note):
            continue
        before, after = (form[name].data if name in form else None for form in (saved, typed))
        if (before or None if _is_list(before) else before) != (after or None if _is_list(after) else after):
            question = _question(name, typed)
            found.append(Difference(question, _answer(name, before, typed), _answer(name, after, typed)))
    if saved.chosen_on() != typed.chosen_on():
        days = (weekday_date(on) if on else _("not entered") for on in (saved.chosen_on(), typed.chosen_on()))
        found.append(Difference(_("Day"), *days))
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, (frozenset, tuple, bool, str))


def _is_asked(name: str, typed: forms.CheckInForm, with_note: bool) -> bool:
    parts = typed.part.data or frozenset()
    if name in ABOUT_THE_PAGE or name.endswith("_tap_times") or (name == "note" and not with_note):
        return False
    if name.startswith("movement_"):
        return MOVEMENTS in parts
    return DAILY_HANDS in parts if name.startswith("daily_") else True


def _question(name: str, form: forms.CheckInForm) -> str:
    hand = next((hand for hand in HANDS if name.startswith(f"{hand}_")), None)
    if hand is not None:
        grip = [_("Grip")] if "_grip" in name else []
        return joined([forms.HAND_WORDS[hand], *grip])
    for task in form.tasks:
        for one in HANDS:
            if name == f"task_{task.public_id}_{one}":
                return joined([forms.task_words(task), forms.HAND_WORDS[one]])
    if name.startswith("movement_"):
        movement, _underscore, side = name.removeprefix("movement_").rpartition("_")
        return joined([words.MOVEMENT_WORDS[movement], words.SIDE_WORDS[side]])
    if name.startswith("daily_"):
        return str(words.DAILY_WORDS[name.removeprefix("daily_")])
    plain = {
        "symptoms": _("Symptoms"),
        "hand_warmth": _("How warm are your hands?"),
        "context": _("Is today special?"),
        "note": _("Note"),
    }
    return plain.get(name, name)


def _answer(name: str, value: Any, form: forms.CheckInForm) -> str:
    if value is None or value is False or value in ("", frozenset()):  # 0 is an answer
        return _("not entered")
    if value is True:
        return str(forms.ANSWER_WORDS[CANNOT])
    if isinstance(value, Decimal):
        return f"{number(value)} {unit_word(form.device.unit)}" if form.device else number(value)
    if isinstance(value, frozenset):
        known = forms.SYMPTOM_WORDS if name == "symptoms" else words.CONTEXT_WORDS
        return joined([word for key, word in known.items() if key in value])
    return str(_words_of(name).get(value, value))


def _words_of(name: str) -> dict[Any, Any]:
    if name.endswith("_rating"):
        return dict(forms.RATING_WORDS)
    kinds = {"task": forms.ANSWER_WORDS, "movement": words.MOVEMENT_ANSWER_WORDS, "daily": words.DAILY_ANSWER_WORDS}
    return dict(kinds.get(name.partition("_")[0], words.WARMTH_WORDS if name == "hand_warmth" else {}))
