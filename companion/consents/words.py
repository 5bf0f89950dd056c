"""What is asked for each purpose, in the words of its version, and what taking it back does."""

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from companion.consents.models import CLINICIAN, HEALTH_DATA, MAIL, PUSH, SHARING

TITLES: Mapping[str, Any] = {
    HEALTH_DATA: _l("Keeping health data"),
    SHARING: _l("Sharing with caregivers"),
    CLINICIAN: _l("A link for the doctor"),
    MAIL: _l("Reminders by mail"),
    PUSH: _l("Messages on your devices"),
}
TEXTS: Mapping[str, Any] = {
    HEALTH_DATA: _l("The app keeps what is entered about hands and infusions, to show it to you again."),
    SHARING: _l("Whoever accepts sees what you chose, until you take it back."),
    CLINICIAN: _l("Whoever has the link reads the days that you choose, until it ends."),
    MAIL: _l("Reminders come by mail. They name no illness unless you choose so."),
    PUSH: _l("Messages go through your browser's service, which cannot read them."),
}
"""The newest version of each. When one says something else, its number in VERSIONS grows, and it is asked again."""
ENDS: Mapping[str, Any] = {
    HEALTH_DATA: _l("Without this there is no circle: it is deleted, with 7 days to change your mind."),
    SHARING: _l("All others leave the circle now, and open invitations end."),
    CLINICIAN: _l("All links for the doctor stop working now."),
    MAIL: _l("No reminder comes to you by mail any more."),
    PUSH: _l("No message comes to any of your devices any more."),
}
