"""What a family gets ready for an infusion: who drives, stays and picks up, and the list of things to prepare."""
