"""From a request to a loop, and that in the background."""
