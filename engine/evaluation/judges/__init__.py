"""What measures a loop, or sets of them."""
