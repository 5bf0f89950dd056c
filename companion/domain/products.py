"""Names of immunoglobulins for suggestions while typing. A name here says nothing about what is approved for whom."""

from collections.abc import Iterable

NAMES_BY_COUNTRY: dict[str, tuple[str, ...]] = {
    "US": (
        *("Gammagard Liquid", "Gammagard Liquid ERC", "Gamunex-C", "Privigen", "Octagam 10%", "Panzyga"),
        *("Hizentra", "HyQvia", "Cuvitru"),
    ),
    "JP": ("HyQvia", "Hizentra"),
}
ELSEWHERE = ("KIOVIG", "Privigen", "Octagam 10%", "Panzyga", "Gamunex", "Hizentra", "HyQvia", "Cuvitru")
STRENGTHS = ("5%", "10%", "20%")


def suggested(country: str | None, used: Iterable[str] = ()) -> list[str]:
    """Names used before, then those that are common in a country; any other country gets the general list."""
    return list(dict.fromkeys([*used, *NAMES_BY_COUNTRY.get(country or "", ELSEWHERE)]))
