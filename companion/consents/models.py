"""Consents: who agreed to what, to which words, when, and when it ended."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from companion.accounts.models import Account
from companion.database import Base, PublicRow, UTCDateTime

HEALTH_DATA, SHARING, CLINICIAN = "health_data", "sharing", "clinician_link"
MAIL, PUSH = "mail", "push"
OF_CIRCLE = (HEALTH_DATA, SHARING, CLINICIAN)
OF_PERSON = (MAIL, PUSH)
PURPOSES = (*OF_CIRCLE, *OF_PERSON)
VERSIONS = {HEALTH_DATA: 1, SHARING: 1, CLINICIAN: 1, MAIL: 1, PUSH: 1}
"""The version of the words of each purpose: it grows when they say something else, and then they are asked again."""


class Consent(PublicRow, Base):
    """Somebody agreed to a purpose, in the words of `version` in `language`; for a circle where it is about one."""

    __tablename__ = "consents"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("accounts.id"), index=True)
    circle_id: Mapped[int | None] = mapped_column(sa.ForeignKey("circles.id"), index=True)
    purpose: Mapped[str] = mapped_column(sa.String(24))
    version: Mapped[int]
    language: Mapped[str] = mapped_column(sa.String(8))
    given_at: Mapped[datetime] = mapped_column(UTCDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    account: Mapped[Account] = relationship()
