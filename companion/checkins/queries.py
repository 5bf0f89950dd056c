"""Reads of check-ins, always of one circle."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from companion.checkins.models import (
    CANNOT,
    DAILY_HANDS,
    GRIP,
    HANDS,
    MOVEMENT,
    TAPPING,
    CheckIn,
    Device,
    FunctionAnswer,
    MarkerTask,
    Measurement,
    QuestionnaireTotal,
)
from companion.circles.models import Circle
from companion.domain import check_in_plan
from companion.domain.hand_function import movement_step
from companion.domain.safety import EarlierRating
from companion.extensions import db

LOOK_BACK = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class DayValue:
    """The best try of one hand on one local day."""

    on: date
    value: Decimal


def check_ins_between(circle: Circle, first_on: date, last_on: date) -> list[CheckIn]:
    """The check-ins of some local days, newest first, with all that they hold."""
    query = (
        sa.select(CheckIn)
        .options(
            selectinload(CheckIn.measurements),
            selectinload(CheckIn.task_answers),
            selectinload(CheckIn.function_answers),
        )
        .where(
            CheckIn.circle_id == circle.id,
            CheckIn.deleted_at.is_(None),
            CheckIn.on.between(first_on, last_on),
        )
        .order_by(CheckIn.on.desc(), CheckIn.recorded_at.desc(), CheckIn.id.desc())
    )
    return list(db.session.scalars(query))


def latest_check_in(circle: Circle) -> CheckIn | None:
    """The newest check-in with a rating."""
    query = (
        sa.select(CheckIn)
        .where(
            CheckIn.circle_id == circle.id,
            CheckIn.deleted_at.is_(None),
            sa.or_(CheckIn.left_rating.is_not(None), CheckIn.right_rating.is_not(None)),
        )
        .order_by(CheckIn.on.desc(), CheckIn.recorded_at.desc(), CheckIn.id.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def has_check_in_on(circle: Circle, on: date) -> bool:
    """Whether this local day has a check-in."""
    query = sa.select(CheckIn.id).where(
        CheckIn.circle_id == circle.id, CheckIn.on == on, CheckIn.deleted_at.is_(None)
    )
    return db.session.scalars(query.limit(1)).first() is not None


def months_with_check_ins(circle: Circle) -> tuple[date, date] | None:
    """The first and the last local day with a check-in."""
    row = db.session.execute(
        sa.select(sa.func.min(CheckIn.on), sa.func.max(CheckIn.on)).where(
            CheckIn.circle_id == circle.id, CheckIn.deleted_at.is_(None)
        )
    ).one()
    return None if row[0] is None else (row[0], row[1])


def has_rating_on(circle: Circle, on: date) -> bool:
    """Whether somebody said on this local day how the hands are."""
    query = sa.select(CheckIn.id).where(
        CheckIn.circle_id == circle.id,
        CheckIn.on == on,
        CheckIn.deleted_at.is_(None),
        sa.or_(CheckIn.left_rating.is_not(None), CheckIn.right_rating.is_not(None)),
    )
    return db.session.scalars(query.limit(1)).first() is not None


def last_check_in_on(circle: Circle, on: date) -> date | None:
    """The newest local date up to `on` with a check-in."""
    query = sa.select(sa.func.max(CheckIn.on)).where(
        CheckIn.circle_id == circle.id, CheckIn.on <= on, CheckIn.deleted_at.is_(None)
    )
    return db.session.scalar(query)


def parts_answered_on(circle: Circle, on: date) -> dict[str, date]:
    """When movement check, daily-hands list and tapping test were answered last, up to `on`."""
    words = {
        MOVEMENT: check_in_plan.MOVEMENTS,
        DAILY_HANDS: check_in_plan.DAILY_HANDS,
        TAPPING: check_in_plan.TAPPING,
    }
    answered = sa.select(FunctionAnswer.kind, sa.func.max(FunctionAnswer.on)).join(CheckIn)
    tapped = sa.select(Measurement.kind, sa.func.max(Measurement.on)).join(CheckIn)
    tapped = tapped.where(Measurement.circle_id == circle.id, Measurement.kind == TAPPING, Measurement.on <= on)
    answered = answered.where(FunctionAnswer.circle_id == circle.id, FunctionAnswer.on <= on)
    found: dict[str, date] = {}
    for query, column in ((answered, FunctionAnswer.kind), (tapped, Measurement.kind)):
        for kind, last_on in db.session.execute(query.where(CheckIn.deleted_at.is_(None)).group_by(column)):
            found[words[kind]] = last_on
    return found


def movements_before(check_in: CheckIn) -> CheckIn | None:
    """The newest movement check before a check-in."""
    has_movement = CheckIn.function_answers.any(FunctionAnswer.kind == MOVEMENT)
    query = (
        sa.select(CheckIn)
        .where(
            CheckIn.circle_id == check_in.circle_id,
            CheckIn.deleted_at.is_(None),
            CheckIn.recorded_at < check_in.recorded_at,
            has_movement,
        )
        .order_by(CheckIn.recorded_at.desc(), CheckIn.id.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def totals_of(circle: Circle) -> list[QuestionnaireTotal]:
    """Totals of questionnaires, newest first."""
    query = (
        sa.select(QuestionnaireTotal)
        .where(QuestionnaireTotal.circle_id == circle.id, QuestionnaireTotal.deleted_at.is_(None))
        .order_by(QuestionnaireTotal.on.desc(), QuestionnaireTotal.id.desc())
    )
    return list(db.session.scalars(query))


def stored_answers(check_in: CheckIn) -> dict[str, Any]:
    """What a stored check-in says, by the names of its form's fields; the day and the note are not among them."""
    values: dict[str, Any] = {
        "left_rating": check_in.left_rating,
        "right_rating": check_in.right_rating,
        "symptoms": check_in.symptoms,
        "hand_warmth": check_in.hand_warmth,
        "context": check_in.context,
    }
    values |= {f"movement_{one.item}_{one.side}": one.answer for one in check_in.movements}
    values |= {f"daily_{one.item}": one.answer for one in check_in.daily_hands}
    counts = dict.fromkeys(HANDS, 0)
    for measurement in check_in.grips:
        if measurement.answer == CANNOT:
            values[f"{measurement.hand}_grip_cannot"] = True
            continue
        counts[measurement.hand] += 1
        n = counts[measurement.hand]
        values[f"{measurement.hand}_grip" if n == 1 else f"{measurement.hand}_grip_{n}"] = measurement.value
    for answer in check_in.task_answers:
        values[f"task_{answer.marker_task.public_id}_{answer.hand}"] = answer.answer
    return values


def safety_steps(check_in: CheckIn) -> dict[str, int | None]:
    """What can fall, in steps: the rating of each hand, and each movement of each side."""
    steps: dict[str, int | None] = {hand: getattr(check_in, f"{hand}_rating") for hand in HANDS}
    return steps | {f"{one.item} {one.side}": movement_step(one.answer) for one in check_in.movements}


def earlier_ratings(check_in: CheckIn) -> list[EarlierRating]:
    """Ratings and movements of the days before a check-in that the safety question compares with."""
    query = sa.select(CheckIn).where(
        CheckIn.circle_id == check_in.circle_id,
        CheckIn.id != check_in.id,
        CheckIn.deleted_at.is_(None),
        CheckIn.on.between(check_in.on - LOOK_BACK, check_in.on),
        CheckIn.recorded_at <= check_in.recorded_at,
    )
    return [
        EarlierRating(what, row.on, step)
        for row in db.session.scalars(query)
        for what, step in safety_steps(row).items()
        if step is not None
    ]


def active_tasks(circle: Circle) -> list[MarkerTask]:
    """The marker tasks the person watches now, in their order."""
    query = (
        sa.select(MarkerTask)
        .where(MarkerTask.circle_id == circle.id, MarkerTask.retired_on.is_(None))
        .order_by(MarkerTask.position, MarkerTask.id)
    )
    return list(db.session.scalars(query))


def tasks_named(circle: Circle, public_ids: Collection[str]) -> list[MarkerTask]:
    """Marker tasks of a circle by their public ids, also those that are not watched any more."""
    query = sa.select(MarkerTask).where(MarkerTask.circle_id == circle.id, MarkerTask.public_id.in_(public_ids))
    return list(db.session.scalars(query.order_by(MarkerTask.position, MarkerTask.id)))


def device_named(circle: Circle, public_id: str) -> Device | None:
    """A grip meter of a circle, also one of before."""
    query = sa.select(Device).where(Device.circle_id == circle.id, Device.public_id == public_id)
    return db.session.scalars(query).first()


def current_device(circle: Circle) -> Device | None:
    """The grip meter in use."""
    query = (
        sa.select(Device)
        .where(Device.circle_id == circle.id, Device.retired_on.is_(None))
        .order_by(Device.id.desc())
        .limit(1)
    )
    return db.session.scalars(query).first()


def best_by_day(circle: Circle, hand: str, device: Device, since_on: date) -> list[DayValue]:
    """The best grip of each local day with a number, oldest first, on one device."""
    query = (
        sa.select(Measurement.on, sa.func.max(Measurement.value))
        .join(CheckIn)
        .where(
            Measurement.circle_id == circle.id,
            Measurement.kind == GRIP,
            Measurement.hand == hand,
            Measurement.device_id == device.id,
            Measurement.value.is_not(None),
            Measurement.on >= since_on,
            CheckIn.deleted_at.is_(None),
        )
        .group_by(Measurement.on)
        .order_by(Measurement.on)
    )
    return [DayValue(on, value) for on, value in db.session.execute(query) if value is not None]


def last_grip(circle: Circle, device: Device) -> dict[str, Measurement]:
    """The newest grip answer of each hand on the device in use, a number or `cannot`."""
    found: dict[str, Measurement] = {}
    for hand in HANDS:
        query = (
            sa.select(Measurement)
            .join(CheckIn)
            .where(
                Measurement.circle_id == circle.id,
                Measurement.kind == GRIP,
                Measurement.hand == hand,
                Measurement.device_id == device.id,
                CheckIn.deleted_at.is_(None),
            )
            .order_by(Measurement.on.desc(), Measurement.recorded_at.desc(), Measurement.value.desc())
            .limit(1)
        )
        row = db.session.scalars(query).first()
        if row is not None:
            found[hand] = row
    return found


def dates_with_check_in(circle: Circle, first: date) -> set[date]:
    """The dates from the first on that have a check-in."""
    query = sa.select(CheckIn.on).where(
        CheckIn.circle_id == circle.id, CheckIn.on >= first, CheckIn.deleted_at.is_(None)
    )
    return set(db.session.scalars(query.distinct()))
