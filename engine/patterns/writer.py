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
from engine.patterns.grid import LEAST_TURN, Score
from engine.patterns.network import PatternNetwork, Told
from engine.patterns.tensors import noise, steps_of, told_of
from engine.requests import Pattern
from engine.vocabulary import PARTS, STEPS_PER_BAR

BLENDS: Final = 4
"""Steps of alpha from noise to latents."""
ROOM: Final = 0.35
"""How much of the rows beside a new one is noise before they make room for it."""
MARGIN: Final = 1.0
"""By how much (a logit) a step that came back wrong is put right."""
TRIES: Final = 6
"""Fills that are drawn at once; the first that turns is taken."""
EVENNESS: Final = 1.3
"""Rows change most half way between two latents: by this power the way is slowed there, so that steps are even."""
TEMPERATURE: Final = 0.6
"""Deviation of the noise that new rows begin as: a judge finds those of less as coherent as the corpus."""
TURNING: Final = 2.0
"""How strictly a fill is to turn: guidance, 1 as the network says."""
LEAST_VELOCITY: Final = 0.05
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

    def _begin(self, asked: PatternRequest) -> "_Begun":
        score = Score.of_pattern(asked.pattern, asked.bars, tempo_bpm=asked.tempo_bpm, style=asked.style)
        plays = {part: any(row) for part, row in asked.pattern.rows.items()}
        if asked.operation in ("new", "vary"):
            plays[str(asked.part)] = True
        elif asked.operation == "answer" and asked.part is not None:
            plays[asked.part] = True
        told = told_of([score], self._known, plays, turn=True if asked.operation == "fill" else None)
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

    def _new(self, asked: PatternRequest, begun: "_Begun") -> "_Found":
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
        return _Found(before, after, dict.fromkeys(own, 0.0), [*own, *beside])

    def _vary(self, asked: PatternRequest, begun: "_Begun") -> "_Found":
        own, strength = self._rows(asked.written), asked.strength
        latents, trust = self._blended(begun, own, strength)
        # A little noise is cleaned away less exactly than it was added: of little strength, little is taken.
        settled = torch.lerp(begun.latents, self._settle(latents, trust, begun.told, own), 1 - (1 - strength) ** 3)
        trust[:, own] = 1
        before, after = self._decoded(begun.told, (begun.latents, begun.trust), (settled, trust))
        # What was never given back goes last: it went first, and all at once, where it faded as the row itself does.
        return _Found(before, after, dict.fromkeys(own, 1 - strength**3), [*own, *self._beside(asked)])

    def _towards(self, asked: PatternRequest, begun: "_Begun") -> "_Found":
        own, amount = self._rows(asked.written), evened(asked.strength)
        assert asked.target is not None
        aim = steps_of([_fitted(asked.target, asked)], self._known)
        there, between = begun.latents.clone(), begun.latents.clone()
        there[:, own] = self._network.embedded(aim)[:, own]
        between[:, own] = amount * there[:, own] + (1 - amount) * begun.latents[:, own]  # equation 4
        passes = self._decoded(begun.told, *((latents, begun.trust) for latents in (begun.latents, between, there)))
        keeps, rows = dict.fromkeys(own, 1 - amount), [*own, *self._beside(asked)]
        return _Found(passes[0], passes[1], keeps, rows, passes[2], aim[0].numpy(), amount)

    def _answer(self, asked: PatternRequest, begun: "_Begun") -> "_Found":
        own = self._rows(asked.written)
        latents, trust = self._blended(begun, own, 1.0)
        settled = self._settle(latents, trust, begun.told, own)
        trust[:, own] = 1
        [after] = self._decoded(begun.told, (settled, trust))
        return _Found(after, after, dict.fromkeys(own, 0.0), own)

    def _fill(self, asked: PatternRequest, begun: "_Begun") -> "_Found":
        own, strength = self._rows(asked.written), asked.strength
        told = begun.told.repeated(TRIES)
        latents, trust = begun.latents.repeat(TRIES, 1, 1, 1), begun.trust.repeat(TRIES, 1, 1)
        drawn = noise(latents.shape, torch.Generator().manual_seed(asked.seed))
        latents[:, own, -1] = (1 - strength) * latents[:, own, -1] + strength * drawn[:, own, -1]
        trust[:, own, -1] = 1 - strength
        settled = self._settle(latents, trust, told, own, turn=True)
        trust[:, own] = 1
        tries = [(settled[each : each + 1], trust[each : each + 1]) for each in range(TRIES)]
        before, *after = self._decoded(begun.told, (begun.latents, begun.trust), *tries)
        # What it leaves alone is what a fill is heard against.
        since = -STEPS_PER_BAR if asked.bars > 1 else -STEPS_PER_BAR // 2
        turned = [int((before.hits != score.hits)[own, since:].sum()) for score in after]
        enough = [count >= LEAST_TURN for count in turned]
        taken = after[enough.index(True) if any(enough) else int(np.argmax(turned))]
        return _Found(before, taken, dict.fromkeys(own, 1 - strength), own, since=since)

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
        turn: bool = False,
    ) -> Tensor:
        """Latents of `rows` blended from where they are trusted by `trust` to where they are wholly; with `turn` they
        are guided away from a last bar that does not turn."""
        latents, alpha = latents.clone(), trust.clone()
        if not rows or bool((trust[:, rows] == 1).all()):
            return latents
        for step in range(blends):
            cleaned = self._network.cleaned(self._network.relate_parts(latents, alpha, told))
            if turn:
                plain = self._network.cleaned(self._network.relate_parts(latents, alpha, told.turning(-1.0)))
                cleaned = plain + TURNING * (cleaned - plain)
            # x_1 is what it is cleaned to, and x_0 lies on the line through both: a step of Euler along it.
            share = 1 / (blends - step)
            latents[:, rows] += share * (cleaned - latents)[:, rows] * (alpha[:, rows, :, None] < 1)
            alpha[:, rows] = trust[:, rows] + (1 - trust[:, rows]) * (step + 1) / blends
        return latents

    def _decoded(self, told: Told, *passes: tuple[Tensor, Tensor]) -> list["_Pass"]:
        """What each of `passes` (latents and trust) says of every step, all in one go."""
        latents, trust = (torch.cat(each) for each in zip(*passes, strict=True))
        told = told.repeated(len(passes))
        decoded = self._network.decode(self._network.relate_parts(latents, trust, told), told)
        planes = (self._network.hit_logits(decoded), decoded.velocity, decoded.timing)
        return [_Pass(*(plane[each].numpy() for plane in planes)) for each in range(len(passes))]

    def _written(self, asked: PatternRequest, score: Score, found: "_Found") -> Written:
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


@dataclass(frozen=True, eq=False)
class _Pass:
    """What one pass says of every step: a logit `[P, S]` above 0 for a hit, its velocity and timing."""

    logits: NDArray[np.float32]
    velocity: NDArray[np.float32]
    timing: NDArray[np.float32]

    @property
    def hits(self) -> NDArray[np.bool_]:
        return self.logits > 0

    def missed(self, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
        """What has to be added to the logits so that the hits `drawn` `[P, S, 3]` come back."""
        wanted = np.where(drawn[..., 0] > 0, MARGIN, -MARGIN).astype(np.float32)
        return np.where((self.logits > 0) == (wanted > 0), 0, wanted - self.logits)

    def softer(self, drawn: NDArray[np.float32]) -> NDArray[np.float32]:
        """What has to be added to the velocities of the hits `drawn` so that these are as loud."""
        return np.where(drawn[..., 0] > 0, drawn[..., 1] - self.velocity, 0)


@dataclass(eq=False)
class _Found:
    """A pass over the pattern as it was and one over what became of it; how much of what was drawn, but not given
    back, each edited row keeps; the rows that may change.

    `there`, `aim` and `amount` are a pass over the pattern with the row that it goes towards, the steps of that, and
    how far it goes. Steps before `since`, counted from the end, stay as they are.
    """

    before: _Pass
    after: _Pass
    keeps: dict[int, float]
    rows: list[int]
    there: _Pass | None = None
    aim: NDArray[np.float32] | None = None
    amount: float = 0.0
    since: int | None = None

    def settled(self, drawn: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Velocities, 0 for rests, and timing, each `[P, S]`, where `drawn` `[P, S, 3]` stood."""
        keeps = np.array([self.keeps.get(row, 1.0) for row in range(len(drawn))], np.float32)[:, None]
        edited = np.array([row in self.keeps for row in range(len(drawn))])[:, None]
        logits = self.after.logits + keeps * self.before.missed(drawn)
        velocity = self.after.velocity + keeps * self.before.softer(drawn)
        if self.there is not None and self.aim is not None:
            logits = logits + edited * self.amount * self.there.missed(self.aim)
            velocity = velocity + edited * self.amount * self.there.softer(self.aim)
        velocity = np.where(logits > 0, velocity.clip(LEAST_VELOCITY, 1), 0)
        kept = ~edited & (logits > 0) & (drawn[..., 0] > 0)  # rows that make room play on as they did
        if self.since is not None:
            kept = kept | (np.arange(drawn.shape[1]) < drawn.shape[1] + self.since)
        velocity = np.where(kept, drawn[..., 1], velocity)
        timing = np.where(kept | (velocity == 0), drawn[..., 2], self.after.timing)
        return velocity.astype(np.float32), timing.astype(np.float32)


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
