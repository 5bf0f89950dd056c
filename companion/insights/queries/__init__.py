"""Reads for the insights page, and how they become pictures."""

from companion.insights.queries.overview import Overview, overview, table_rows
from companion.insights.queries.pictures import FRAME, Picture, Window, grip_picture, rating_picture, runs, scale

__all__ = [
    "FRAME",
    "Overview",
    "Picture",
    "Window",
    "grip_picture",
    "overview",
    "rating_picture",
    "runs",
    "scale",
    "table_rows",
]
