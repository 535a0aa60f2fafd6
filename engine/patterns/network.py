"""The autoencoder of patterns: each part embedded by itself, related by bidirectional LSTMs, decoded together.

After "Automatic Generation of Semantic Parts for Face Image Synthesis" (Fontanini, Ferrari, Bertozzi, Prati), section
3.1, with three changes that rhythm asks for. A part has one latent per bar, so that loops of any length fit and time
is circular. The LSTM block is told how far each latent can be trusted (1 as encoded, 0 pure noise, between them
`alpha` of the blend) and trained to say what a latent that cannot is: so rows are written that answer those that are
there, by iterative alpha-blending as loops are. And parts do not exclude each other, so each has two classes, hit and
rest, that weigh by equation 1.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.vocabulary import STEPS_PER_BAR, TODAY, Vocabulary

PLANES = 3
"""What is read and written of a step: whether it is struck, how hard, how late."""
TOLD = 4
"""Numbers besides the style: tempo, swing, bars, and whether the loop ends in a fill."""


@dataclass(frozen=True)
class PatternConfig:
    """Sizes of a `PatternNetwork`; the last four are what the paper's table 1 takes away one by one."""

    latent: int = 32
    hidden: int = 128
    recurrent: int = 64
    features: int = 8
    width: int = 64
    blocks: int = 4
    lstm_layers: int = 3
    bidirectional: bool = True
    weighted: bool = True


@dataclass(frozen=True, eq=False)
class Told:
    """What is known of scores besides their steps.

    `numbers` `[B, T, 4]`: octaves of tempo above 120 BPM, swing twice, doublings of bars by 4, and at the last bar 1
    where it ends in a fill, -1 where it does not, 0 where that is open (as in every other bar). `style`
    `[B, styles]`: one-hot, all zero when open. `plays` `[B, P]`: 1 for a part that plays, -1 for a silent one, 0
    where that is open.
    """

    numbers: Tensor
    style: Tensor
    plays: Tensor

    def to(self, device: torch.device) -> "Told":
        """The same on `device`."""
        return Told(self.numbers.to(device), self.style.to(device), self.plays.to(device))

    def repeated(self, count: int) -> "Told":
        """The same of `count` times as many scores."""
        return Told(self.numbers.repeat(count, 1, 1), self.style.repeat(count, 1), self.plays.repeat(count, 1))

    def joined(self, other: "Told") -> "Told":
        """Of these scores, and then of `other` ones of the same length."""
        return Told(
            torch.cat((self.numbers, other.numbers)),
            torch.cat((self.style, other.style)),
            torch.cat((self.plays, other.plays)),
        )

    def unstyled(self) -> "Told":
        """The same in any style."""
        return Told(self.numbers, torch.zeros_like(self.style), self.plays)

    def filling(self, fill: float) -> "Told":
        """The same, but that the last bar is a fill (1), is none (-1) or may be one (0)."""
        numbers = self.numbers.clone()
        numbers[:, -1, 3] = fill
        return Told(numbers, self.style, self.plays)


@dataclass(frozen=True, eq=False)
class DecodedSteps:
    """What a step is said to be, each `[B, P, S]`: `logits` of a hit, as classes weigh; `velocity` in (0, 1) and
    `timing` in (-0.5, 0.5) if there is one."""

    logits: Tensor
    velocity: Tensor
    timing: Tensor


class PatternNetwork(nn.Module):
    """Steps `[B, P, S, 3]` to latents `[B, P, T, Z]` of T bars, and back; turning a loop by bars turns all of it."""

    offset: Tensor
    spread: Tensor
    frequency: Tensor

    def __init__(self, config: PatternConfig, known: Vocabulary = TODAY) -> None:
        super().__init__()
        self.config, self.known = config, known
        parts, told = len(known.parts), TOLD + len(known.styles)
        latent, hidden = config.latent, config.hidden
        self.part = nn.Embedding(parts, 24)
        self.encoder = nn.Sequential(
            nn.Linear(STEPS_PER_BAR * PLANES + 24, hidden), nn.ReLU(),
            nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, 2 * latent),
        )  # fmt: skip
        self.enter = nn.Linear(4 * (latent + 1) + 1 + told + 24, config.recurrent)
        related = config.recurrent
        if config.lstm_layers:
            self.relate = nn.LSTM(
                config.recurrent,
                config.recurrent,
                config.lstm_layers,
                batch_first=True,
                bidirectional=config.bidirectional,
            )
            related *= 1 + config.bidirectional
        self.forward_block = nn.Sequential(
            nn.Linear(related + config.recurrent, 2 * hidden), nn.GELU(), nn.Linear(2 * hidden, hidden)
        )
        self.clean = nn.Linear(hidden, latent)
        self.lay_out = nn.Linear(hidden, STEPS_PER_BAR * config.features)
        self.front = _circular(parts * config.features, config.width)
        self.say = nn.Linear(told, config.width)
        self.decoder = nn.ModuleList(_Block(config.width) for _ in range(config.blocks))
        self.head = nn.Sequential(nn.GroupNorm(8, config.width), nn.SiLU(), _circular(config.width, parts * PLANES))
        # Where latents lie, so that noise on them is of their size; followed while training.
        self.register_buffer("offset", torch.zeros(parts, 1, latent))
        self.register_buffer("spread", torch.ones(parts, 1, latent))
        # Share of steps of each part that are struck; half where classes do not weigh.
        self.register_buffer("frequency", torch.full((parts,), 0.5))

    def encode(self, steps: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log-variance `[B, P, T, Z]` of the latents of `steps` `[B, P, S, 3]`."""
        batch, parts, length, _ = steps.shape
        bars = steps.reshape(batch, parts, length // STEPS_PER_BAR, STEPS_PER_BAR * PLANES)
        own = self.part.weight[None, :, None].expand(batch, -1, bars.shape[2], -1)
        mean, log_variance = self.encoder(torch.cat((bars, own), -1)).chunk(2, -1)
        return mean, log_variance.clamp(-12, 4)

    def normal(self, latents: Tensor) -> Tensor:
        """`latents` where each number has mean 0 and deviation 1 over what the network was trained on."""
        return (latents - self.offset) / self.spread

    def embedded(self, steps: Tensor) -> Tensor:
        """Normal latents `[B, P, T, Z]` of `steps`, without noise."""
        return self.normal(self.encode(steps)[0])

    def relate_parts(self, normal: Tensor, alpha: Tensor, told: Told, since: int = 0) -> Tensor:
        """Features `[B, P, T, H]` of normal latents that are trusted by `alpha` `[B, P, T]` in [0, 1]; of the bars
        from `since` on, which may count from the end."""
        trusted = torch.cat((normal, alpha[..., None]), -1)
        beside = [trusted, trusted.mean(2, keepdim=True).expand_as(trusted), trusted.roll(1, 2), trusted.roll(-1, 2)]
        beside = [each[:, :, since:] for each in beside]
        batch, parts, bars, _ = beside[0].shape
        words = torch.cat((told.numbers[:, since:], told.style[:, None].expand(-1, bars, -1)), -1)
        spread = (
            told.plays[:, :, None, None].expand(-1, -1, bars, -1),
            words[:, None].expand(-1, parts, -1, -1),
            self.part.weight[None, :, None].expand(batch, -1, bars, -1),
        )
        entered = functional.silu(self.enter(torch.cat((*beside, *spread), -1)))
        sequence = entered.transpose(1, 2).reshape(batch * bars, parts, -1)
        if self.config.lstm_layers:
            sequence = torch.cat((self.relate(sequence)[0], sequence), -1)
        else:
            sequence = torch.cat((sequence, sequence), -1)
        related: Tensor = self.forward_block(sequence)
        return related.reshape(batch, bars, parts, -1).transpose(1, 2)

    def cleaned(self, features: Tensor) -> Tensor:
        """Normal latents `[B, P, T, Z]` as they are without noise, as far as `features` tell."""
        found: Tensor = self.clean(functional.gelu(features))
        return found

    def decode(self, features: Tensor, told: Told) -> DecodedSteps:
        """What `features` `[B, P, T, H]` of all parts together sound like."""
        batch, parts, bars, _ = features.shape
        laid = self.lay_out(functional.gelu(features))
        laid = laid.reshape(batch, parts, bars, self.config.features, STEPS_PER_BAR).permute(0, 1, 3, 2, 4)
        x = self.front(laid.reshape(batch, parts * self.config.features, bars * STEPS_PER_BAR))
        words = torch.cat((told.numbers, told.style[:, None].expand(-1, bars, -1)), -1)
        x = x + self.say(words).transpose(1, 2).repeat_interleave(STEPS_PER_BAR, 2)
        for block in self.decoder:
            x = block(x)
        logits, loud, late = self.head(x).reshape(batch, parts, PLANES, -1).unbind(2)
        return DecodedSteps(logits, torch.sigmoid(loud), 0.5 * torch.tanh(late))

    def hit_logits(self, decoded: DecodedSteps) -> Tensor:
        """`decoded.logits` without what the weights of the classes added: above 0 a hit is likelier than a rest."""
        weights = torch.log((1 - self.frequency) / self.frequency)
        return decoded.logits - weights[:, None]

    def forward(self, steps: Tensor, alpha: Tensor, noise: Tensor, jitter: Tensor, told: Told) -> "Trained":
        """One training pass: `noise` `[B, P, T, Z]` is blended in by `alpha`, `jitter` draws from the posterior."""
        mean, log_variance = self.encode(steps)
        if self.training:
            self._follow(mean.detach())
        drawn = self.normal(mean + jitter * (0.5 * log_variance).exp())
        blended = alpha[..., None] * drawn + (1 - alpha[..., None]) * noise
        features = self.relate_parts(blended, alpha, told)
        return Trained(
            mean, log_variance, self.normal(mean).detach(), self.cleaned(features), self.decode(features, told)
        )

    @torch.no_grad()
    def _follow(self, mean: Tensor) -> None:
        seen = mean.float().transpose(0, 1).flatten(1, 2)
        self.offset.lerp_(seen.mean(1, keepdim=True), 0.01)
        self.spread.lerp_(seen.std(1, keepdim=True).clamp_min(0.05), 0.01)


@dataclass(frozen=True, eq=False)
class Trained:
    """What a training pass gives: the posterior, the normal latents, what they were cleaned to, and the steps."""

    mean: Tensor
    log_variance: Tensor
    normal: Tensor
    cleaned: Tensor
    decoded: DecodedSteps


class _Block(nn.Module):
    """Residual, along time, which is a circle."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inner = nn.Sequential(
            nn.GroupNorm(8, width), nn.SiLU(), _circular(width, width),
            nn.GroupNorm(8, width), nn.SiLU(), _circular(width, width),
        )  # fmt: skip

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = x + self.inner(x)
        return added


def _circular(inputs: int, outputs: int, kernel: int = 3) -> nn.Conv1d:
    return nn.Conv1d(inputs, outputs, kernel, padding=kernel // 2, padding_mode="circular")
