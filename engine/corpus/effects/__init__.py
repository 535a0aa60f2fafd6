"""Effects that are exactly circular over a loop: what rings past the end sounds on at the start.

`transfer` holds the shared machinery, `equaliser` and `space` the linear effects, `saturation`, `dynamics`,
`modulation` and `stereo` the others. All take and return float32 at 44.1 kHz, time last.
"""
