"""What people take with them and what is erased: export, deletion with a week to undo, and their consents."""
