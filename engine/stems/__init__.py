"""Stems: a loop taken apart into its parts, which add up to it."""
