"""Conditions: what a request or an annotation asks for, as tensors the denoiser reads."""
