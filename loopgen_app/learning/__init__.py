"""Learning from the musician's own sounds, in a process beside the instrument that plays on."""
