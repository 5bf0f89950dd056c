"""Links by which a doctor reads a chosen range, without notes and for some days."""
