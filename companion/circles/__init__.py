"""Care circles: one patient, the people around, contacts, and the scoping query everyone uses."""
