"""Reads of messages: the history of an infusion, and times in which reminders were off."""

from companion.messages.queries.history import Answered, DayHistory, Told, history_of, names_in, others_in
from companion.messages.queries.outages import OutageNews, outage_news

__all__ = ["Answered", "DayHistory", "OutageNews", "Told", "history_of", "names_in", "others_in", "outage_news"]
