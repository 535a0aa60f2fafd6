"""Filters and equalisers as designs (see `transfer`): passes, bells, tilt, and chains of them."""

import numpy as np

from engine.corpus.effects.transfer import Design, Grid, Response, complex_of


def _section(grid: Grid, hertz: float, top: tuple[float, float, float], low: tuple[float, float, float]) -> Response:
    """`(top0 + top1 s + top2 s^2) / (low0 + low1 s + low2 s^2)` at `s = jx`."""
    x = grid.relative(hertz)
    square = x * x
    size = len(grid)
    above = complex_of(np.float32(top[0]) - np.float32(top[2]) * square, np.float32(top[1]) * x, size)
    below = complex_of(np.float32(low[0]) - np.float32(low[2]) * square, np.float32(low[1]) * x, size)
    return above / below


def low_pass(hertz: float, q: float = 0.7071) -> Design:
    """Second-order low-pass, -3 dB at `hertz` for q 0.71; gain `q` there."""
    return lambda grid: _section(grid, hertz, (1, 0, 0), (1, 1 / q, 1))


def high_pass(hertz: float, q: float = 0.7071) -> Design:
    """Second-order high-pass."""
    return lambda grid: _section(grid, hertz, (0, 0, 1), (1, 1 / q, 1))


def band_pass(hertz: float, q: float = 1.0) -> Design:
    """Second-order band-pass with gain 1 at `hertz`."""
    return lambda grid: _section(grid, hertz, (0, 1 / q, 0), (1, 1 / q, 1))


def bell(hertz: float, gain_db: float, q: float = 1.0) -> Design:
    """Peaking equaliser, `gain_db` at `hertz`."""
    a = 10 ** (gain_db / 40)
    return lambda grid: _section(grid, hertz, (1, a / q, 1), (1, 1 / (a * q), 1))


def tilt(gain_db: float, hertz: float = 800.0) -> Design:
    """First-order tilt around `hertz`: +`gain_db` at the top, -`gain_db` at the bottom, 0 dB at `hertz`."""
    root = 10 ** (gain_db / 20)
    return lambda grid: _section(grid, hertz, (1 / root, 1, 0), (1, 1 / root, 0))


def all_pass(hertz: float) -> Design:
    """First-order all-pass, -90 degrees at `hertz`; chains of them make a phaser."""
    return lambda grid: _section(grid, hertz, (1, -1, 0), (1, 1, 0))


def phaser(hertz: float, stages: int = 4, feedback: float = 0.3) -> Design:
    """Equal mix of dry and `stages` all-passes at `hertz`, with `feedback` in [-0.7, 0.7]."""

    def design(grid: Grid) -> Response:
        turned = all_pass(hertz)(grid) ** stages
        return np.asarray(0.5 * (1 + turned / (1 - np.float32(feedback) * turned)), dtype=np.complex64)

    return design


def chain(*designs: Design) -> Design:
    """One design after the other; no designs leave the sound as it is."""

    def design(grid: Grid) -> Response:
        response = np.ones(len(grid), dtype=np.complex64)
        for each in designs:
            response = response * each(grid)
        return response

    return design
