"""Judges that measure loops, and experiments that render many of them to answer one question."""
