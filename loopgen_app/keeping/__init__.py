"""What outlives the window: sessions, settings, files."""
