"""The window: a desktop instrument on top of the engine."""
