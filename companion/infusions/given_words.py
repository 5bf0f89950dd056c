"""The record of a given day in the reader's words: planned beside given, places of the needle, soft checks."""

from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from companion.circles.models import Weight
from companion.domain.measurements import convert
from companion.formatting import clock_time, joined, quantity, short_date
from companion.infusions.models import PARTIAL, Facts, Infusion, InfusionDay
from companion.infusions.operations import facts_of
from companion.infusions.words import ROUTE_WORDS

ANSWER_WORDS = {"done": _l("All of it"), "partial": _l("Only a part")}
VEIN_WORDS = {
    "hand_left": _l("Left hand"),
    "hand_right": _l("Right hand"),
    "forearm_left": _l("Left forearm"),
    "forearm_right": _l("Right forearm"),
    "elbow_left": _l("Left elbow"),
    "elbow_right": _l("Right elbow"),
    "port": _l("Port"),
    "other": _l("Another place"),
}
SKIN_WORDS = {
    "arm_left": _l("Left upper arm"),
    "arm_right": _l("Right upper arm"),
    "abdomen_upper_left": _l("Upper belly, left"),
    "abdomen_upper_right": _l("Upper belly, right"),
    "abdomen_lower_left": _l("Lower belly, left"),
    "abdomen_lower_right": _l("Lower belly, right"),
    "hip_left": _l("Left hip"),
    "hip_right": _l("Right hip"),
    "thigh_left": _l("Left thigh"),
    "thigh_right": _l("Right thigh"),
}
FACT_WORDS = {
    "answer": _l("How much"),
    "started": _l("Began"),
    "stopped": _l("Finished"),
    "grams": _l("Grams"),
    "stop_reason": _l("Why it was stopped"),
    "weight_kg": _l("Weight"),
    "place": _l("Place"),
    "prepared_by": _l("Prepared by"),
    "given_by": _l("Given by"),
    "product": _l("Product"),
    "strength": _l("Strength on the label"),
    "route": _l("Way"),
    "vein_site": _l("Vein"),
    "sites": _l("Under the skin at"),
    "rates": _l("Speed"),
    "premedicines": _l("Medicines before"),
    "fluids": _l("Drinks and fluids"),
}
CHECK_WORDS = {
    "dose_low": _l("The grams are small for this weight. Please re-read the label."),
    "dose_high": _l("The grams are large for this weight. Please re-read the label."),
    "weight_jump": _l("The weight is far from the last one. Please re-read the scale."),
}
"""What a soft check says: never a number, never what to do but look again."""

Lines = list[tuple[str, str]]
MAIN = ("time", "grams", "weight", "product")


def planned_grams(day: InfusionDay) -> Decimal | None:
    """The grams that the plan says for a day: its own, or those of a course of one day. Never worked out."""
    if day.grams_planned is not None:
        return day.grams_planned
    return course_grams(day.infusion) if len(day.infusion.days) == 1 else None


def course_grams(infusion: Infusion) -> Decimal | None:
    """The grams that the plan says for a course; None where the clinic wrote something else."""
    return infusion.dose.total_grams if infusion.dose else None


def planned_facts(day: InfusionDay) -> Facts:
    """What the plan says about a day, by the names of the form; only what it says."""
    infusion, grams = day.infusion, planned_grams(day)
    product = infusion.product or (infusion.regimen.product if infusion.regimen else None)
    said = {
        "started": day.local_time,
        "grams": f"{grams:f}" if grams is not None else None,
        "place": infusion.shown_place,
        "product": product,
        "route": infusion.regimen.route if infusion.regimen else None,
    }
    return {name: value for name, value in said.items() if value}


def planned_words(day: InfusionDay) -> str:
    """The plan of a day in a line: `9:00, 40 g, Privigen, St Luke's`."""
    said = planned_facts(day)
    parts = [clock_time(said["started"])] if "started" in said else []
    parts += [quantity(Decimal(said["grams"]), "g")] if "grams" in said else []
    return joined(parts + [said[name] for name in ("product", "place") if name in said])


def course_line(infusion: Infusion) -> str:
    """Planned and given grams of a whole course; nothing where the plan names no grams or none were entered."""
    planned, given = course_grams(infusion), [day.grams_given for day in infusion.days if day.grams_given is not None]
    if planned is None or not given:
        return ""
    return _both(quantity(planned, "g"), quantity(sum(given, Decimal(0)), "g"))


def given_lines(day: InfusionDay, weight: Weight | None) -> tuple[Lines, Lines]:
    """The facts of a given day, label and words: the few that matter most, and the others. Empty where none is known.

    `weight` is the last one up to that day.
    """
    facts, planned = facts_of(day), planned_facts(day)
    lines: dict[str, tuple[str, str]] = {}

    def say(key: str, label: Any, words: str) -> None:
        if words:
            lines[key] = (str(label), words)

    say("time", _("Time"), _time_words(day, planned.get("started")))
    say("grams", _("Grams"), _grams_words(day))
    say("weight", _("By weight"), weight_words(day, weight))
    say("product", _("Product"), _product_words(facts, planned))
    if facts["place"] and facts["place"] != planned.get("place"):
        say("place", FACT_WORDS["place"], facts["place"])
    for name in ("vein_site", "sites", "prepared_by", "given_by", "premedicines", "rates", "fluids", "stop_reason"):
        say(name, FACT_WORDS[name], fact_words(name, facts))
    ticked = sum(1 for step in day.steps if step.ticked_at)
    if day.steps:
        say("steps", _("Steps"), _("%(done)s of %(all)s ticked", done=ticked, all=len(day.steps)))
    main = [line for key, line in lines.items() if key in MAIN]
    return main, [line for key, line in lines.items() if key not in MAIN]


def weight_words(day: InfusionDay, weight: Weight | None) -> str:
    """Grams against the weight, for reading only: `0.53 g/kg at 75 kg, weighed 3 Nov`; says so without a weight."""
    if day.grams_given is None:
        weighed = weight is not None and weight.on == day.happened_on
        return _weight(day, weight) if weight and weighed else ""
    if weight is None:
        return str(_("Weight not entered"))
    dose = quantity((day.grams_given / weight.weight_kg).quantize(Decimal("0.01")), "g/kg")
    said = _("%(dose)s at %(weight)s", dose=dose, weight=_weight(day, weight))
    return str(_("%(dose)s, weighed %(date)s", dose=said, date=short_date(weight.on)))


def _weight(day: InfusionDay, weight: Weight) -> str:
    """In pounds where it was typed so on that day; kilograms with a long tail of pounds to a tenth."""
    kilograms, record = weight.weight_kg, day.given_record
    if record is not None and record.weight_unit == "lb" and weight.on == day.happened_on:
        return quantity(convert(kilograms, "kg", "lb").quantize(Decimal("0.1")), "lb")
    has_tail = kilograms != kilograms.quantize(Decimal("0.01"))
    return quantity(kilograms.quantize(Decimal("0.1")) if has_tail else kilograms, "kg")


def fact_words(name: str, facts: Facts) -> str:
    """One fact in words; nothing where it is not known."""
    value = facts[name]
    if not value:
        return ""
    if name == "sites":
        return joined(_site_words(use) for use in value)
    if name == "rates":
        return joined(_spaced(_at(row["time"]), _ml_per_hour(row["ml_h"])) for row in value)
    if name == "premedicines":
        return joined(_spaced(row["name"], row["dose"], _at(row["time"])) for row in value)
    if name in ("started", "stopped"):
        return clock_time(value)
    if name in ("grams", "weight_kg"):
        return quantity(Decimal(value), "g" if name == "grams" else "kg")
    tables: dict[str, Any] = {"answer": ANSWER_WORDS, "vein_site": VEIN_WORDS, "route": ROUTE_WORDS}
    return str(tables[name][value]) if name in tables else str(value)


def differences(saved: Facts, typed: Facts) -> list[tuple[str, str, str]]:
    """Where what is saved now and what was typed differ: label, saved, typed."""
    missing = str(_("not entered"))
    return [
        (str(label), fact_words(name, saved) or missing, fact_words(name, typed) or missing)
        for name, label in FACT_WORDS.items()
        if saved[name] != typed[name]
    ]


def last_used_words(on: date | None) -> str:
    """`Last used 3 Nov`."""
    return str(_("Last used %(date)s", date=short_date(on))) if on else ""


def rested_words(site: str, on: date | None) -> str:
    """`Left thigh: last used 3 Nov`."""
    if on is None:
        return str(_("%(site)s: not used yet", site=SKIN_WORDS[site]))
    return str(_("%(site)s: last used %(date)s", site=SKIN_WORDS[site], date=short_date(on)))


def _time_words(day: InfusionDay, planned: str | None) -> str:
    record = day.given_record
    if record is None or not (record.started_at or record.stopped_at):
        return ""
    parts = [_("planned %(time)s", time=clock_time(planned))] if planned else []
    if record.started_at:
        parts.append(_("began %(time)s", time=clock_time(record.started_at, day.tz)))
    if record.stopped_at:
        parts.append(_("ended %(time)s", time=clock_time(record.stopped_at, day.tz)))
        if record.stopped_at.astimezone(ZoneInfo(day.tz)).date() > day.happened_on:
            parts[-1] = _("%(ended)s the next day", ended=parts[-1])
    line = joined(parts)
    return line[:1].upper() + line[1:]


def _grams_words(day: InfusionDay) -> str:
    planned = planned_grams(day)
    given = quantity(day.grams_given, "g") if day.grams_given is not None else ""
    if day.state == PARTIAL and given:
        if planned is None:
            return str(_("Stopped at %(given)s", given=given))
        return str(_("Stopped at %(given)s of %(planned)s", given=given, planned=quantity(planned, "g")))
    return _both(quantity(planned, "g"), given) if planned is not None and given else ""


def _product_words(facts: Facts, planned: Facts) -> str:
    given = _spaced(facts["product"], facts["strength"])
    if given and planned.get("product") and facts["product"] not in (None, planned["product"]):
        return _both(planned["product"], given)
    return given


def _both(planned: str, given: str) -> str:
    return str(_("Planned %(planned)s, given %(given)s", planned=planned, given=given))


def _site_words(use: dict[str, Any]) -> str:
    ml = _("%(number)s mL", number=use["ml"]) if use["ml"] else None
    needle = _("%(number)s mm needle", number=use["needle_mm"]) if use["needle_mm"] else None
    return _spaced(SKIN_WORDS.get(use["site"], use["site"]), ml, needle)


def _ml_per_hour(value: str | None) -> str | None:
    return str(_("%(number)s mL/h", number=value)) if value else None


def _at(time: str | None) -> str | None:
    return clock_time(time) if time else None


def _spaced(*parts: Any) -> str:
    return " ".join(str(part) for part in parts if part)
