"""What the user can change: no Qt here, only values, history and storage."""
