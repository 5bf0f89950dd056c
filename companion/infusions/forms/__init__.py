"""What the forms of infusions accept, and the words of their errors: one file for each kind of page."""
