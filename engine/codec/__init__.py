"""Latent codecs: audio to latent frames and back, exactly circular for loops."""
