"""What people agreed to: one row for each purpose and version of its words."""
