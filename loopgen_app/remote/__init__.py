"""Hands from outside: OSC messages that turn knobs and press buttons, and clocks that lead."""
