"""The circle's own list of steps, and the ticks of a day."""

import hashlib
import json
from datetime import datetime

import sqlalchemy as sa

from companion.accounts.models import Account
from companion.circles.models import Circle
from companion.extensions import db
from companion.infusions import queries
from companion.infusions.models import DayStep, InfusionDay, OwnSites, StepList


class StepsChanged(Exception):
    """The list is not the one that was shown."""


def step_lines(text: str | None) -> list[str]:
    """The steps of a text: one a line, blank lines left out."""
    return [line for line in (each.strip() for each in (text or "").splitlines()) if line]


def steps_mark(vein: str | None, skin: str | None) -> str:
    """A mark of a list, so that a form can tell when somebody changed it."""
    return hashlib.sha256(json.dumps([step_lines(vein), step_lines(skin)]).encode()).hexdigest()[:16]


def save_step_list(circle: Circle, *, vein: str | None, skin: str | None, seen: str, now: datetime) -> StepList:
    """Write both lists of a circle. Days that have ticks keep the list they had. Raises StepsChanged."""
    _hold(circle)
    known = queries.step_list_of(circle)
    before = (known.vein, known.skin) if known else (None, None)
    if seen != steps_mark(*before):
        raise StepsChanged
    steps = known or StepList(circle_id=circle.id)
    steps.vein, steps.skin = _joined(vein), _joined(skin)
    steps.before, steps.changed_at = json.dumps([before, steps_mark(steps.vein, steps.skin)]), now
    db.session.add(steps)
    db.session.flush()
    return steps


def undo_step_list(steps: StepList, *, now: datetime) -> None:
    """Put both lists back as they were before the last save; a second time does nothing. Raises StepsChanged."""
    db.session.refresh(steps, with_for_update=True)
    if steps.before is None:
        return
    (vein, skin), after = json.loads(steps.before)
    if after != steps_mark(steps.vein, steps.skin):
        raise StepsChanged
    steps.vein, steps.skin, steps.before, steps.changed_at = vein, skin, None, now
    db.session.flush()


def steps_for(day: InfusionDay) -> list[str]:
    """The steps of a day: those copied with its first tick, else the circle's list for its route."""
    if day.steps:
        return [step.text or "" for step in day.steps]
    steps = queries.step_list_of(day.infusion.circle)
    if steps is None:
        return []
    vein, skin = step_lines(steps.vein), step_lines(steps.skin)
    return {"IV": vein, "SC": skin}.get(queries.route_given(day.infusion) or "", vein or skin)


def tick_step(day: InfusionDay, number: int, *, seen: str, account: Account | None = None, now: datetime) -> DayStep:
    """Tick one step of a day, by its number from 1; the first tick counts and stays.

    With the first tick of the day the list is copied, and the day keeps it. Raises StepsChanged where `seen` is not
    the mark of the list that the day has, or it has no such step.
    """
    db.session.execute(sa.select(InfusionDay.id).where(InfusionDay.id == day.id).with_for_update())
    db.session.expire(day, ["steps"])
    lines = steps_for(day)
    if seen != day_mark(lines) or not 1 <= number <= len(lines):
        raise StepsChanged
    if not day.steps:
        day.steps = [DayStep(circle_id=day.circle_id, number=n, text=line) for n, line in enumerate(lines, start=1)]
    step = day.steps[number - 1]
    if step.ticked_at is None:
        step.ticked_at, step.ticked_by_id = now, account.id if account else None
    db.session.flush()
    return step


def day_mark(lines: list[str]) -> str:
    """A mark of the steps that a day shows."""
    return steps_mark("\n".join(lines), None)


def untick_step(step: DayStep) -> None:
    """Take a tick back. A day without any tick follows the circle's list again."""
    step.ticked_at = step.ticked_by_id = None
    day = step.day
    if not any(each.ticked_at for each in day.steps):
        day.steps.clear()
    db.session.flush()


def pick_sites(circle: Circle, sites: frozenset[str]) -> frozenset[str]:
    """Set the places under the skin that are one's own; returns those before."""
    own = db.session.get(OwnSites, circle.id) or OwnSites(circle_id=circle.id, sites=frozenset())
    before, own.sites = own.sites, sites
    db.session.add(own)
    db.session.flush()
    return before


def _joined(text: str | None) -> str | None:
    return "\n".join(step_lines(text)) or None


def _hold(circle: Circle) -> None:
    db.session.execute(sa.select(Circle.id).where(Circle.id == circle.id).with_for_update())
