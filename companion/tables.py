"""Every table, imported in one place for migrations and for the database of a test."""

from companion.accounts import models as accounts
from companion.calendar import models as calendar
from companion.checkins import models as checkins
from companion.circles import models as circles
from companion.clinician_links import models as clinician_links
from companion.consents import models as consents
from companion.delivery import models as delivery
from companion.exchange import models as exchange
from companion.infusions import models as infusions
from companion.medical_cards import models as medical_cards
from companion.messages import models as messages
from companion.preparations import models as preparations
from companion.reminders import models as reminders
from companion.supplies import models as supplies
from companion.trail import models as trail
from companion.visits import models as visits

ALL = (
    accounts,
    calendar,
    checkins,
    circles,
    clinician_links,
    consents,
    delivery,
    exchange,
    infusions,
    medical_cards,
    messages,
    preparations,
    reminders,
    visits,
    supplies,
    trail,
)
