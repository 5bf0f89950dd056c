"""The shapes of the API: what it takes and what it gives, checked and described from the same classes."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Hand = Literal["left", "right"]
Unit = Literal["kg", "lb", "kPa"]
Symptom = Literal[
    "cramps", "twitching", "tiredness", "cold", "wrist_drop", "finger_drop", "foot_drop", "something_new"
]
Warmth = Literal["warm", "cool", "cold"]
Context = Literal["cold_outside", "ill", "unusual_work"]
Movement = Literal["lift_wrist", "straighten_fingers", "pinch", "spread_fingers", "lift_foot"]
DailyThing = Literal["key", "buttons", "jar", "pen", "cutlery", "phone", "zip", "heavy_bag"]
Rating = Annotated[
    int, Field(ge=0, le=4, description="4 like my best, 3 a little less, 2 much less, 1 hardly any, 0 none")
]
Number = Annotated[Decimal, PlainSerializer(float, return_type=float)]
PublicId = Annotated[str, Field(max_length=32)]


class Strict(BaseModel):
    """Unknown fields are refused, so that a typing mistake is not lost in silence; `true` and "3" are no numbers."""

    model_config = ConfigDict(extra="forbid", strict=True)


class GripIn(Strict):
    """One try of one hand: a number with its unit, or `cannot`."""

    hand: Hand
    value: Number | None = Field(default=None, description="left out with answer `cannot`")
    unit: Unit | None = None
    answer: Literal["number", "cannot"] = "number"


class TaskIn(Strict):
    """How one marker task went with one hand."""

    task: PublicId
    hand: Hand
    answer: Literal["easy", "with_effort", "cannot"]


class MovementIn(Strict):
    """How one movement of one side is."""

    movement: Movement
    side: Hand
    answer: Literal["as_usual", "weaker", "cannot"]


class DailyHandsIn(Strict):
    """How one thing of the daily-hands list went, with one hand or both. The list is our own and not validated."""

    item: DailyThing
    answer: Literal["easy", "with_effort", "cannot"]


class TappingIn(Strict):
    """A tapping test of one hand: when each tap came, in milliseconds since the first, in order."""

    hand: Hand
    times_ms: Annotated[list[Annotated[int, Field(ge=0, le=60_000)]], Field(min_length=1, max_length=300)]
    seconds: Annotated[Number, Field(gt=0, le=60)]


class CheckInIn(Strict):
    """A check-in to record; at least one answer."""

    circle: PublicId | None = Field(default=None, description="may be left out with only one circle")
    client_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    on: date | None = Field(default=None, description="local date; today when left out")
    left_rating: Rating | None = None
    right_rating: Rating | None = None
    grip: Annotated[list[GripIn], Field(max_length=6)] = []
    tasks: Annotated[list[TaskIn], Field(max_length=12)] = []
    movements: Annotated[list[MovementIn], Field(max_length=10)] = []
    daily_hands: Annotated[list[DailyHandsIn], Field(max_length=8)] = []
    tapping: Annotated[list[TappingIn], Field(max_length=2)] = []
    symptoms: Annotated[list[Symptom], Field(max_length=8)] = []
    hand_warmth: Warmth | None = None
    context: Annotated[list[Context], Field(max_length=3)] = []
    note: Annotated[str, Field(max_length=4000)] | None = None


class GripOut(BaseModel):
    """One stored try."""

    id: str
    hand: Hand
    answer: Literal["number", "cannot"]
    value: Number | None
    unit: Unit | None


class TaskOut(BaseModel):
    """One stored answer about a marker task."""

    task: str
    hand: Hand
    answer: Literal["easy", "with_effort", "cannot"]


class MovementOut(BaseModel):
    """One stored answer of the movement check."""

    movement: Movement
    side: Hand
    answer: Literal["as_usual", "weaker", "cannot"]


class DailyHandsOut(BaseModel):
    """One stored answer of the daily-hands list."""

    item: DailyThing
    answer: Literal["easy", "with_effort", "cannot"]


class TappingOut(BaseModel):
    """One stored tapping test; `rhythm_spread_ms` is the standard deviation of the pauses between taps."""

    id: str
    hand: Hand
    taps: int
    seconds: Number
    rhythm_spread_ms: int | None


class CheckInOut(BaseModel):
    """A stored check-in. `note` is null for members who may not see notes."""

    id: str
    on: date
    recorded_at: datetime
    tz: str
    left_rating: Rating | None
    right_rating: Rating | None
    repeated: bool
    grip: list[GripOut]
    tasks: list[TaskOut]
    movements: list[MovementOut]
    daily_hands: list[DailyHandsOut]
    tapping: list[TappingOut]
    symptoms: list[Symptom]
    hand_warmth: Warmth | None
    context: list[Context]
    note: str | None


class CheckInList(BaseModel):
    """Check-ins of a range of local dates, newest first."""

    circle: str
    check_ins: list[CheckInOut]


class TotalIn(Strict):
    """The total of a questionnaire that was filled in elsewhere, such as the MMN-RODS."""

    circle: PublicId | None = Field(default=None, description="may be left out with only one circle")
    client_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    name: Annotated[str, Field(min_length=1, max_length=80)]
    total: Annotated[Number, Field(ge=0, le=1000)]
    out_of: Annotated[Number, Field(ge=0, le=1000)] | None = None
    on: date | None = Field(default=None, description="local date; today when left out")


class TotalOut(BaseModel):
    """One stored total."""

    id: str
    name: str
    total: Number
    out_of: Number | None
    on: date


class TotalList(BaseModel):
    """Totals of questionnaires, newest first."""

    circle: str
    totals: list[TotalOut]


class Saved(BaseModel):
    """What a creating call is answered, also when it is sent again."""

    client_id: str | None
    id: str
    url: str
    message: str


class InfusionDayOut(BaseModel):
    """One day of an infusion."""

    id: str
    number: int
    planned_on: date
    starts_at: datetime | None
    tz: str
    state: Literal["planned", "done", "partial", "skipped", "unknown"]
    given_on: date | None
    grams_given: Number | None


class InfusionOut(BaseModel):
    """One planned or given course."""

    id: str
    first_on: date
    certainty: Literal["booked", "expected"]
    moved_from_on: date | None
    product: str | None
    route: Literal["IV", "SC"] | None
    place: str | None
    days: list[InfusionDayOut]


class InfusionList(BaseModel):
    """Infusions that begin in a range of local dates, oldest first."""

    circle: str
    infusions: list[InfusionOut]


class FieldProblem(BaseModel):
    """What is wrong with one field."""

    field: str
    message: str


class Problem(BaseModel):
    """What happened and what to do."""

    error: str
    advice: str
    status: int
    fields: list[FieldProblem] = []


class DateRange(Strict):
    """A range of local dates in the query; both ends belong to it."""

    model_config = ConfigDict(extra="ignore", strict=False, populate_by_name=True)

    first_on: date | None = Field(default=None, alias="from")
    last_on: date | None = Field(default=None, alias="to")
