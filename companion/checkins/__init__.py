"""Check-ins: ratings, measurements and marker tasks for each hand."""
