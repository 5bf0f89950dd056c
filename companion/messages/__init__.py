"""What became of the messages about an infusion, as pages; a message to copy by hand; mails that a reader stops."""
