"""Reminder rules, planned deliveries, and the answers people give."""
