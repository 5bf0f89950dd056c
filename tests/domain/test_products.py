"""Names for suggestions: those used before first, then those common in a country."""

from companion.domain.products import ELSEWHERE, NAMES_BY_COUNTRY, suggested


def test_suggestions() -> None:
    assert suggested("US") == list(NAMES_BY_COUNTRY["US"])
    assert suggested("DE") == suggested(None) == suggested("CN") == list(ELSEWHERE)
    assert suggested("JP", ["Hizentra", "Kenketsu"]) == ["Hizentra", "Kenketsu", "HyQvia"]
