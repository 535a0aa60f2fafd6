"""Every figure that the README claims, measured anew and shown on one page."""
