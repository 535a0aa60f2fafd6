"""Embeddings that words and sounds share: the CLAP contract and the networks that keep it."""
