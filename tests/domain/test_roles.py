"""Who may do what."""

import pytest

from companion.domain import roles


@pytest.mark.parametrize(
    ("preset", "see_notes", "expected"),
    [
        ("patient", False, roles.RIGHTS),
        ("keeper", False, roles.RIGHTS),
        ("keeper", True, roles.RIGHTS),
        ("calendar_only", False, {"see_dates", "answer"}),
        ("calendar_only", True, {"see_dates", "answer"}),
        ("manage_calendar", False, {"see_dates", "answer", "manage_dates"}),
        ("manage_calendar", True, {"see_dates", "answer", "manage_dates"}),
        ("full_help", False, {"see_dates", "answer", "manage_dates", "see_check_ins", "write_check_ins"}),
        ("full_help", True, roles.RIGHTS - {"keep_circle"}),
    ],
)
def test_rights_of_a_role(preset: str, see_notes: bool, expected: frozenset[str]) -> None:
    assert roles.rights_of(preset, see_notes) == expected


def test_seven_rights_and_no_role_has_others() -> None:
    assert len(roles.RIGHTS) == 7
    assert all(rights <= roles.RIGHTS for rights in roles.ROLES.values())


def test_presets_grow() -> None:
    fewest, middle, most = (roles.rights_of(preset) for preset in roles.PRESETS)
    assert fewest < middle < most


def test_only_patient_and_keeper_keep_the_circle() -> None:
    keeping = {name for name, rights in roles.ROLES.items() if "keep_circle" in rights}
    assert keeping == {"patient", "keeper"}


@pytest.mark.parametrize("name", ["", "owner", "Keeper"])
def test_unknown_role(name: str) -> None:
    with pytest.raises(roles.UnknownRole):
        roles.rights_of(name)
