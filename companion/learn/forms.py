"""What the address of the emergency page says: the country and the place where the patient is now."""

from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale

from companion.domain.safety import SHORT_LIST, emergency_number

COUNTRIES = ("US", "CN", "GB", "EU", "ZZ")
"""The tiles. ISO 3166 keeps ZZ for a country that is not named; EU stands for any of its members."""
PLACES = ("clinic", "home")


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where the patient is, as far as it is known. Never taken from the language."""

    country: str | None = None
    place: str | None = None

    @property
    def number(self) -> str | None:
        """What to dial there; None where no source was read: then the short list is shown."""
        return dict(SHORT_LIST).get(self.country or "") or emergency_number(self.country)


def whereabouts_in(query: Mapping[str, str], country: str | None = None) -> Whereabouts:
    """The answers of an address, else the given country; what is not understood is left out."""
    place = query.get("place", "").strip().lower()
    return Whereabouts(
        _country(query.get("country", "")) or _country(country or ""),
        place if place in PLACES else None,
    )


def _country(text: str) -> str | None:
    code = text.strip().upper()
    code = {"UK": "GB", "OTHER": "ZZ"}.get(code, code)
    return code if code in COUNTRIES or (len(code) == 2 and code in Locale("en").territories) else None
