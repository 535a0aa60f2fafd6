"""What makes loops and what is shown of them, beside the window."""
