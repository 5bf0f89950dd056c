"""Check-ins for people who never touch the app: a log to print, a month to type in, and what to ask by phone."""
