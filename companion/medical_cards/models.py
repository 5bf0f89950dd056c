"""What the patient wants on the medical card beside what the circle knows already."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from companion.database import Base, EncryptedText, PublicRow, UTCDateTime

NONE_KNOWN, SOME = "none_known", "some"


class MedicalCard(PublicRow, Base):
    """One card a circle. `has_mmn` says that a doctor gave this diagnosis; `allergy_answer` is none_known, some, or
    None where nobody answered, which is never shown as none."""

    __tablename__ = "medical_cards"

    circle_id: Mapped[int] = mapped_column(sa.ForeignKey("circles.id"), unique=True)
    has_mmn: Mapped[bool] = mapped_column(default=False)
    conditions = EncryptedText()
    conditions_sealed: Mapped[str | None] = mapped_column(sa.Text)
    allergy_answer: Mapped[str | None] = mapped_column(sa.String(16))
    allergies = EncryptedText()
    allergies_sealed: Mapped[str | None] = mapped_column(sa.Text)
    saved_at: Mapped[datetime] = mapped_column(UTCDateTime)
