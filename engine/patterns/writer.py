"""New, vary, towards, answer, fill: what is done to a pattern by the autoencoder of a pack."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from engine.patterns.asked import PatternRequest, Written
from engine.patterns.fills import with_fill
from engine.patterns.found import LEAST_VELOCITY, FoundRows, StepPass
from engine.patterns.grid import LEAST_GATHERING, Score, gatherers, gathering
from engine.patterns.network import PatternNetwork, Told
from engine.patterns.tensors import noise, steps_of, told_of
from engine.requests import Pattern
from engine.vocabulary import PARTS, STEPS_PER_BAR

BLENDS: Final = 4
"""Steps of alpha from noise to latents."""
ROOM: Final = 0.35
"""How much of the rows beside a new one is noise before they make room for it."""
TRIES: Final = 6
"""Fills that are drawn at once; the first that gathers towards the one is taken, else one that the corpus has."""
EVENNESS: Final = 1.5
"""Rows change most half way between two latents: by this power the way is slowed there, so that steps are even."""
EARLINESS: Final = 0.5
"""Rows hardly change until half of them is noise: by this power of the strength it comes in earlier."""
TEMPERATURE: Final = 0.6
"""Deviation of the noise that new rows begin as: a judge finds those of less as coherent as the corpus."""
FILLING: Final = 2.0
"""How strictly a fill is to be one: guidance, 1 as the network says."""
STYLING: Final = 2.0
"""How strictly rows keep to a style: guidance, 1 as the network says."""
LEADING: Final = {"snare": 3.0, "percussion": 2.0, "kick": 1.0}
LEAST_LEADING: Final = 0.2
"""How likely each drum is to gather in a fill, as in the corpus; others do where there is no such drum."""
LEAST_CHANGE: Final = 5e-4
"""Velocities that differ by less are the same: patterns are written in thousandths."""


class PatternWriter:
    """Writes patterns with a `PatternNetwork`; on one core a call takes a few milliseconds.

    What is asked is done to the difference: a row that the network would not give back exactly stays as it was drawn,
    but for what the operation itself changes.
    """

    def __init__(self, network: PatternNetwork) -> None:
        self._network = network.eval()
        self._known = network.known

    @torch.inference_mode()
    def write(self, asked: PatternRequest) -> Written:
        """Do what is `asked`; rows of parts that the network does not know stay as they are."""
        begun = self._begin(asked)
        free = [row for row, part in enumerate(self._known.parts) if part not in asked.pattern.rows]
        begun.trust[:, free] = 0
        begun.latents[:, free] = begun.noise[:, free]
        found = {
            "new": self._new,
            "vary": self._vary,
            "towards": self._towards,
            "answer": self._answer,
            "fill": self._fill,
        }[asked.operation](asked, begun)
        return self._written(asked, begun.score, found)

    @torch.inference_mode()
    def given_back(self, asked: PatternRequest) -> Pattern:
        """The rows of `asked` as the network alone gives them back: reconstruction, which no operation shows."""
        begun = self._begin(asked)
        [found] = self._decoded(begun.told, (begun.latents, begun.trust))
        velocity = np.where(found.logits > 0, found.velocity.clip(LEAST_VELOCITY, 1), 0)
        rows = {part: _thousandths(velocity[row]) for row, part in enumerate(self._known.parts) if part in PARTS}
        return Pattern({part: rows[part] for part in PARTS if part in asked.pattern.rows and part in rows})

    def _begin(self, asked: PatternRequest) -> "_Begun":
        score = Score.of_pattern(asked.pattern, asked.bars, tempo_bpm=asked.tempo_bpm, style=asked.style)
        plays = {part: any(row) for part, row in asked.pattern.rows.items()}
        if asked.operation in ("new", "vary"):
            plays[str(asked.part)] = True
        elif asked.operation == "answer" and asked.part is not None:
            plays[asked.part] = True
        told = told_of([score], self._known, plays, fill=True if asked.operation == "fill" else None)
        latents = self._network.embedded(steps_of([score], self._known))
        drawn = noise(latents.shape, torch.Generator().manual_seed(asked.seed))
        if asked.operation in ("new", "answer"):
            drawn = TEMPERATURE * drawn
        return _Begun(score, told, latents, torch.ones(latents.shape[:3]), drawn)

    def _rows(self, parts: Collection[str]) -> list[int]:
        return [row for row, part in enumerate(self._known.parts) if part in parts]

    def _beside(self, asked: PatternRequest) -> list[int]:
        """Rows that may make room: drawn, unlocked, and not what is written."""
        return self._rows({*asked.pattern.rows} - {*asked.locked} - {*asked.written})

    def _new(self, asked: PatternRequest, begun: "_Begun") -> FoundRows:
        own, beside = self._rows(asked.written), self._beside(asked)
        # First the new row, which hears the locked ones alone; then those beside it, which hear it.
        trust, start = begun.trust.clone(), begun.latents.clone()
        for rows in (own, beside):
            trust[:, rows] = 0
            start[:, rows] = begun.noise[:, rows]
        latents, trusted = begun.latents.clone(), begun.trust.clone()
        latents[:, own] = self._settle(start, trust, begun.told, own)[:, own]
        trusted[:, own] = 1
        latents[:, beside] = (1 - ROOM) * latents[:, beside] + ROOM * begun.noise[:, beside]
        trusted[:, beside] = 1 - ROOM
        settled = self._settle(latents, trusted, begun.told, beside, blends=BLENDS // 2)
        trusted[:, beside] = 1
        before, after = self._decoded(begun.told, (begun.latents, begun.trust), (settled, trusted))
        return FoundRows(before, after.playing(own), dict.fromkeys(own, 0.0), [*own, *beside])

    def _vary(self, asked: PatternRequest, begun: "_Begun") -> FoundRows:
        own, strength = self._rows(asked.written), asked.strength**EARLINESS
        latents, trust = self._blended(begun, own, strength)
        # A little noise is cleaned away less exactly than it was added: of little strength, little is taken.
        settled = torch.lerp(begun.latents, self._settle(latents, trust, begun.told, own), 1 - (1 - strength) ** 3)
        trust[:, own] = 1
        before, after = self._decoded(begun.told, (begun.latents, begun.trust), (settled, trust))
        # What was never given back goes last: it went first, and all at once, where it faded as the row itself does.
        return FoundRows(before, after, dict.fromkeys(own, 1 - strength**3), [*own, *self._beside(asked)])

    def _towards(self, asked: PatternRequest, begun: "_Begun") -> FoundRows:
        own, amount = self._rows(asked.written), evened(asked.strength)
        assert asked.target is not None
        aim = steps_of([_fitted(asked.target, asked)], self._known)
        there, between = begun.latents.clone(), begun.latents.clone()
        there[:, own] = self._network.embedded(aim)[:, own]
        between[:, own] = amount * there[:, own] + (1 - amount) * begun.latents[:, own]  # equation 4
        passes = self._decoded(begun.told, *((latents, begun.trust) for latents in (begun.latents, between, there)))
        keeps, rows = dict.fromkeys(own, 1 - amount), [*own, *self._beside(asked)]
        return FoundRows(passes[0], passes[1], keeps, rows, passes[2], aim[0].numpy(), amount)

    def _answer(self, asked: PatternRequest, begun: "_Begun") -> FoundRows:
        own = self._rows(asked.written)
        latents, trust = self._blended(begun, own, 1.0)
        settled = self._settle(latents, trust, begun.told, own)
        trust[:, own] = 1
        [after] = self._decoded(begun.told, (settled, trust))
        return FoundRows(after, after.playing(own if asked.part else ()), dict.fromkeys(own, 0.0), own)

    def _fill(self, asked: PatternRequest, begun: "_Begun") -> FoundRows:
        own, strength = self._rows(asked.written), asked.strength
        if not own:
            [before] = self._decoded(begun.told, (begun.latents, begun.trust))
            return FoundRows(before, before, {}, [])
        leaders = self._leaders(own, asked.seed)
        # One drum gathers towards the one; those beside it make room.
        share = torch.zeros(begun.trust.shape[1:]).repeat(TRIES, 1, 1)
        share[:, own, -1] = ROOM * strength
        share[range(TRIES), leaders, -1] = strength
        drawn = noise((TRIES, *begun.latents.shape[1:]), torch.Generator().manual_seed(asked.seed))
        latents = torch.lerp(begun.latents.expand_as(drawn), drawn, share[..., None])
        latents[:, own, -1:] = self._filling(latents, begun.trust - share, begun.told.repeated(TRIES), own)
        tries = [(latents[each : each + 1], begun.trust) for each in range(TRIES)]
        before, *after = self._decoded(begun.told, (begun.latents, begun.trust), *tries)
        since = -STEPS_PER_BAR if asked.bars > 1 else -STEPS_PER_BAR // 2
        for leader, decoded in zip(leaders, after, strict=True):
            found = FoundRows(before, decoded, {leader: 1 - strength}, own, since=since)
            written = self._written(asked, begun.score, found).pattern
            if gatherers(Score.of_pattern(written, asked.bars), asked.written):
                return found
        return self._led(asked, begun, leaders, since)

    def _led(self, asked: PatternRequest, begun: "_Begun", leaders: Sequence[int], since: int) -> FoundRows:
        """Where no fill was found: the row of one of `leaders` on its way to a fill of the corpus that gathers."""
        strength = asked.strength
        tries = [
            (leader, self._known.parts[leader], asked.seed + more)
            for more in range(TRIES)
            for leader in dict.fromkeys(leaders)
        ]
        found = [(leader, part, with_fill(begun.score, part, seed)) for leader, part, seed in tries]
        leader, _, filled = max(found, key=lambda it: min(gathering(it[2], it[1]), LEAST_GATHERING))
        aim = steps_of([filled], self._known)
        there = begun.latents.clone()
        there[:, leader] = self._network.embedded(aim)[:, leader]
        between = torch.lerp(begun.latents, there, strength)
        passes = self._decoded(begun.told, *((each, begun.trust) for each in (begun.latents, between, there)))
        keeps = {leader: 1 - strength}
        return FoundRows(passes[0], passes[1], keeps, [leader], passes[2], aim[0].numpy(), strength, since)

    def _leaders(self, rows: Sequence[int], seed: int) -> list[int]:
        """Which of `rows` gathers in each of the fills that are tried, the likeliest first."""
        rng = np.random.default_rng([seed, len(rows)])
        chances = np.array([LEADING.get(self._known.parts[row], LEAST_LEADING) for row in rows])
        order = rng.choice(rows, size=len(rows), replace=False, p=chances / chances.sum()).tolist()
        return [order[each % len(order)] for each in range(TRIES)]

    def _filling(self, latents: Tensor, trust: Tensor, told: Told, rows: Sequence[int]) -> Tensor:
        """Latents of the last bar of `rows` as they are where it is a fill: guided away from one that is none.

        Both ways are blended side by side, in this bar alone: what the other bars are is given.
        """
        latents, alpha = latents.clone(), trust.clone()
        both = told.joined(told.filling(-1.0))
        for step in range(BLENDS):
            related = self._network.relate_parts(latents.repeat(2, 1, 1, 1), alpha.repeat(2, 1, 1), both, since=-1)
            fill, plain = self._network.cleaned(related)[:, rows].chunk(2)
            cleaned = plain + FILLING * (fill - plain)
            latents[:, rows, -1:] += (cleaned - latents[:, rows, -1:]) / (BLENDS - step)
            alpha[:, rows, -1] = trust[:, rows, -1] + (1 - trust[:, rows, -1]) * (step + 1) / BLENDS
        return latents[:, rows, -1:]

    def _blended(self, begun: "_Begun", rows: Sequence[int], strength: float) -> tuple[Tensor, Tensor]:
        """Latents with `strength` of noise in `rows`, and how far they are to be trusted."""
        latents, trust = begun.latents.clone(), begun.trust.clone()
        latents[:, rows] = (1 - strength) * latents[:, rows] + strength * begun.noise[:, rows]
        trust[:, rows] = 1 - strength
        return latents, trust

    def _settle(
        self,
        latents: Tensor,
        trust: Tensor,
        told: Told,
        rows: Sequence[int],
        *,
        blends: int = BLENDS,
    ) -> Tensor:
        """Latents of `rows` blended from where they are trusted by `trust` to where they are wholly."""
        latents, alpha = latents.clone(), trust.clone()
        if not rows or bool((trust[:, rows] == 1).all()):
            return latents
        for step in range(blends):
            cleaned = self._cleaned(latents, alpha, told)
            # x_1 is what it is cleaned to, and x_0 lies on the line through both: a step of Euler along it.
            share = 1 / (blends - step)
            latents[:, rows] += share * (cleaned - latents)[:, rows] * (alpha[:, rows, :, None] < 1)
            alpha[:, rows] = trust[:, rows] + (1 - trust[:, rows]) * (step + 1) / blends
        return latents

    def _cleaned(self, latents: Tensor, alpha: Tensor, told: Told) -> Tensor:
        """What `latents` are cleaned to, guided away from what any style would have there."""
        if not told.style.any():
            return self._network.cleaned(self._network.relate_parts(latents, alpha, told))
        both = told.joined(told.unstyled())
        related = self._network.relate_parts(latents.repeat(2, 1, 1, 1), alpha.repeat(2, 1, 1), both)
        styled, plain = self._network.cleaned(related).chunk(2)
        return plain + STYLING * (styled - plain)

    def _decoded(self, told: Told, *passes: tuple[Tensor, Tensor]) -> list[StepPass]:
        """What each of `passes` (latents and trust) says of every step, all in one go."""
        latents, trust = (torch.cat(each) for each in zip(*passes, strict=True))
        told = told.repeated(len(passes))
        decoded = self._network.decode(self._network.relate_parts(latents, trust, told), told)
        planes = (self._network.hit_logits(decoded), decoded.velocity, decoded.timing)
        return [StepPass(*(plane[each].numpy() for plane in planes)) for each in range(len(passes))]

    def _written(self, asked: PatternRequest, score: Score, found: FoundRows) -> Written:
        drawn = steps_of([score], self._known)[0].numpy()
        velocity, timing = found.settled(drawn)
        rows: dict[str, tuple[float, ...]] = {**asked.pattern.rows}
        changed: list[str] = []
        late: dict[str, tuple[float, ...]] = {}
        for row in found.rows:
            part = self._known.parts[row]
            if part not in PARTS or part in asked.locked:
                continue
            if part not in rows or np.abs(velocity[row] - score.velocity[PARTS.index(part)]).max() > LEAST_CHANGE:
                rows[part] = _thousandths(velocity[row])
                late[part] = _thousandths(timing[row])
                changed.append(part)
        ordered: dict[str, tuple[float, ...]] = {part: rows[part] for part in PARTS if part in rows}
        return Written(Pattern(ordered, asked.pattern.swing), tuple(part for part in PARTS if part in changed), late)


@dataclass(eq=False)
class _Begun:
    """A pattern as the network takes it, and the noise that its seed draws."""

    score: Score
    told: Told
    latents: Tensor
    trust: Tensor
    noise: Tensor


def evened(amount: float) -> float:
    """How far between two latents a row is that has gone `amount` of its way, 0 to 1."""
    off = 2 * amount - 1
    return 0.5 + 0.5 * math.copysign(math.pow(abs(off), EVENNESS), off)


def _fitted(target: Pattern, asked: PatternRequest) -> Score:
    """The rows of `target` over the bars that are asked for: repeated, or their beginning."""
    steps = asked.bars * STEPS_PER_BAR
    rows = {part: tuple(row[step % len(row)] for step in range(steps)) for part, row in target.rows.items()}
    return Score.of_pattern(Pattern(rows, target.swing), asked.bars, tempo_bpm=asked.tempo_bpm, style=asked.style)


def _thousandths(row: NDArray[np.float32]) -> tuple[float, ...]:
    return tuple(round(float(value), 3) for value in row)
