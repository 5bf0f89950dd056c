"""Countries and time zones in the reader's language, for lists to choose from."""

from collections.abc import Callable, Mapping
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global
from babel.dates import get_timezone_location

from companion.formatting import locale

FREQUENT_COUNTRIES = ("US", "GB", "CN", "CA", "AU")
NO_COUNTRY = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "XK", "ZZ", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})

Options = list[tuple[str, str]]


@cache
def country_codes() -> frozenset[str]:
    """Two-letter codes of the countries that can be chosen."""
    names = Locale.parse("en").territories
    return frozenset(code for code in map(str, names) if len(code) == 2 and code.isalpha()) - NO_COUNTRY


def country_names() -> Mapping[str, str]:
    """Names of countries by their code, in the reader's language."""
    return Locale.parse(str(locale())).territories


def country_name(code: str | None) -> str | None:
    """The name of a country, None for none."""
    return Locale.parse(str(locale())).territories.get(code) if code else None


def country_options() -> Options:
    """Every country as (code, name), in the order of the names."""
    return _countries(str(locale()))


def zone_options() -> Options:
    """Every time zone of a place as (name of the zone, "country, city"), in the order of these words."""
    return _zones(str(locale()))


def zone_name(tz: str) -> str:
    """A time zone in words, else its own name."""
    return dict(zone_options()).get(tz, tz)


@cache
def _countries(language: str) -> Options:
    names = Locale.parse(language).territories
    return sorted(((code, str(names[code])) for code in country_codes()), key=_in_order(language))


@cache
def _zones(language: str) -> Options:
    spoken = Locale.parse(language)
    homes = get_global("zone_territories")
    comma = "，" if language.startswith("zh") else ", "
    options = []
    for zone in available_timezones():
        home = spoken.territories.get(homes.get(zone, ""))
        if home and homes[zone] not in NO_COUNTRY:
            city = get_timezone_location(zone, locale=spoken, return_city=True)
            options.append((zone, f"{home}{comma}{city}"))
    return [*sorted(options, key=_in_order(language)), ("UTC", "UTC")]


def _in_order(language: str) -> Callable[[tuple[str, str]], bytes]:
    """Sorts options by their words. GB 18030 has the common Chinese characters in the order of their sound."""

    def key(option: tuple[str, str]) -> bytes:
        return option[1].encode("gb18030") if language.startswith("zh") else option[1].casefold().encode()

    return key
