"""Iterative alpha-(de)blending as pure functions: objective, schedules, samplers, guidance, noise."""
