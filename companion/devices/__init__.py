"""Devices that get messages: switched on by a tap, tested, named, removed, and the sign that a message was shown."""
