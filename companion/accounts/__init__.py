"""People who sign in: email link and code, sessions, preferences."""
