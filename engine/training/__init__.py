"""Training: one trainer per model, one loop shape."""
