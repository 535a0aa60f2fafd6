"""What the deterministic map makes possible: inversion, variation, time-stretch, interpolation, transition."""
