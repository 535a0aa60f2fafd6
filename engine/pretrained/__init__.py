"""Pretrained weights of others: fetched, converted once, read from folders, and made into packs."""
