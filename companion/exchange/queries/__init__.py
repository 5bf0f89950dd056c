"""Reads of the exchange: what an export holds, and how it is written."""
