"""Patterns that answer: scores on the step grid, the network that relates their parts, and what it does with them."""
