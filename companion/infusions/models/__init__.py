"""Regimens, infusions (planned or given courses), their days, vials and reactions."""

from companion.database import Base
from companion.infusions.models.courses import (
    ANSWERED,
    BOOKED,
    DAY_STATES,
    DONE,
    EXPECTED,
    GIVEN,
    PARTIAL,
    PLANNED,
    SKIPPED,
    TODAY,
    UNDER_WAY,
    UNKNOWN,
    Infusion,
    InfusionDay,
    PlanChange,
)
from companion.infusions.models.given_records import DayStep, Facts, GivenRecord, GivenSite, OwnSites, StepList
from companion.infusions.models.nurse_links import NurseLink, NurseSave
from companion.infusions.models.photos import LabelPhoto
from companion.infusions.models.reactions import (
    DIARY_SIGNS,
    HEADACHES,
    REACTION_ACTIONS,
    REACTION_KINDS,
    REACTION_TOLD,
    DiaryEntry,
    Reaction,
)
from companion.infusions.models.regimens import LONG_AGO, Regimen, RegimenDose, RegimenPause
from companion.infusions.models.vials import Vial

__all__ = [
    "ANSWERED",
    "BOOKED",
    "DAY_STATES",
    "DIARY_SIGNS",
    "DONE",
    "EXPECTED",
    "GIVEN",
    "HEADACHES",
    "LONG_AGO",
    "PARTIAL",
    "PLANNED",
    "REACTION_ACTIONS",
    "REACTION_KINDS",
    "REACTION_TOLD",
    "SKIPPED",
    "TODAY",
    "UNDER_WAY",
    "UNKNOWN",
    "Base",
    "DayStep",
    "DiaryEntry",
    "Facts",
    "GivenRecord",
    "GivenSite",
    "Infusion",
    "InfusionDay",
    "LabelPhoto",
    "NurseLink",
    "NurseSave",
    "OwnSites",
    "PlanChange",
    "Reaction",
    "Regimen",
    "RegimenDose",
    "RegimenPause",
    "StepList",
    "Vial",
]
