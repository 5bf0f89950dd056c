"""A name in a mail to a stranger carries no address."""

import pytest

from companion.domain.mail_names import LONGEST, fit_for_mail


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ana", "Ana"),
        ("  Ana\n M. ", "Ana M."),
        ("李安娜", "李安娜"),
        ("O'Neil-Smith", "O'Neil-Smith"),
        (None, None),
        ("", None),
        ("see evil.example", None),
        ("https://x", None),
        ("a@b", None),
        ("call 0900123456", None),
        ("n" * 80, "n" * (LONGEST - 1) + "…"),
    ],
)
def test_a_name_is_a_name(name, shown):
    assert fit_for_mail(name) == shown
