"""Reactions and the diary in the reader's words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from companion.domain import diary
from companion.formatting import clock_time, joined, labelled, short_date
from companion.infusions.models import (
    DIARY_SIGNS,
    REACTION_ACTIONS,
    REACTION_KINDS,
    REACTION_TOLD,
    DiaryEntry,
    Reaction,
)
from companion.infusions.words import SEVERITY_WORDS

KIND_WORDS = {
    "headache": _l("Headache"),
    "fever": _l("Fever or chills"),
    "nausea": _l("Feeling sick"),
    "rash": _l("Rash"),
    "tiredness": _l("Tiredness"),
    "blood_pressure": _l("High blood pressure, measured"),
    "site": _l("Redness where the needle was"),
}
WHEN_WORDS = {"during": _l("During the infusion"), "after": _l("After it")}
ACTION_WORDS = {
    "slower": _l("It ran slower"),
    "stopped": _l("It was stopped"),
    "medicine": _l("Took medicine"),
    "called": _l("Called the clinic"),
    "emergency": _l("Emergency help"),
    "nothing": _l("Nothing was done"),
}
TOLD_WORDS = {
    "nurse": _l("The nurse"),
    "clinic": _l("The clinic"),
    "neurologist": _l("The neurologist"),
    "family": _l("Family or a friend"),
    "nobody": _l("Nobody so far"),
}
HEADACHE_WORDS = {"none": _l("No headache"), "mild": _l("Mild"), "moderate": _l("Moderate"), "bad": _l("Bad")}
SIGN_WORDS = {
    "stiff_neck": _l("Stiff neck"),
    "light": _l("Light hurts the eyes"),
    "vomiting": _l("Vomiting"),
}


def reaction_title(reaction: Reaction) -> str:
    """What it was, in a line: the tiles, then the person's words."""
    ticked = [KIND_WORDS[kind] for kind in REACTION_KINDS if kind in reaction.kinds]
    words = joined(ticked) if ticked else ""
    return labelled(words, reaction.what) if words and reaction.what else words or reaction.what or ""


def reaction_facts(reaction: Reaction) -> str:
    """How bad and when: `Mild, during the infusion, 24 Nov, 14:30`."""
    parts = [str(SEVERITY_WORDS[reaction.severity])]
    if reaction.during:
        parts.append(str(_("during the infusion")))
    parts.append(short_date(reaction.started_on))
    if reaction.started_time:
        parts.append(clock_time(reaction.started_time))
    return joined(parts)


def reaction_answers(reaction: Reaction) -> list[tuple[str, str]]:
    """What was done and who was told, as far as it was entered."""
    done = [ACTION_WORDS[one] for one in REACTION_ACTIONS if one in reaction.actions]
    told = [TOLD_WORDS[one] for one in REACTION_TOLD if one in reaction.told]
    ticked = joined(done) if done else ""
    words = labelled(ticked, reaction.done_about_it) if ticked and reaction.done_about_it else ""
    answers = [
        (str(_("What was done")), words or ticked or reaction.done_about_it or ""),
        (str(_("Who was told")), joined(told) if told else ""),
    ]
    return [(label, text) for label, text in answers if text]


def is_late(reaction: Reaction) -> bool:
    """Whether it began more than seven days after the course."""
    return diary.is_late(reaction.infusion.last_given_on, reaction.started_on)


def diary_facts(entry: DiaryEntry) -> str:
    """A day of the diary in a line: `Headache: bad, stiff neck, temperature 37.9`."""
    signs = [str(SIGN_WORDS[sign]).lower() for sign in DIARY_SIGNS if sign in entry.signs]
    how = str(HEADACHE_WORDS[entry.headache])
    head = how if entry.headache == "none" else str(_("Headache: %(how)s", how=how.lower()))
    parts = [head, *signs]
    if entry.temperature:
        parts.append(str(_("temperature %(value)s", value=entry.temperature)))
    return joined(parts)
