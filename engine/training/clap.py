"""Training the starter's embedder: captions and loops that belong together come together, all others apart.

The symmetric contrastive loss of CLIP (Radford et al. 2021) over a batch, and beside it what both embeddings should
tell: tags of text and sound, key and tempo of the sound. On its way to an embedding the audio tower tells which part
strikes when: eight answers a frame teach it more than one caption a loop.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.clap.base import CLAP_DIM
from engine.clap.starter import StarterClap
from engine.clap.words import Word
from engine.training.run import Trainer
from engine.training.sounds import EmbedderBatch, Sounds
from engine.training.word_table import CAPTION_WORDS
from engine.vocabulary import KEYS, PARTS

NEIGHBOURS = 8
TEMPO_OCTAVE_BPM = 120.0


@dataclass(frozen=True)
class ClapTraining:
    """What an embedder trains on. Per word of a caption, `unlearned` is the chance that its learned part is left
    out, `swapped` that a word near it in meaning takes its place, `missed` that it is gone: what generalises to words
    no caption has."""

    corpus: Path
    batch_size: int = 128
    captions: int = 32
    facts_weight: float = 0.3
    strokes_weight: float = 4.0
    unlearned: float = 0.3
    swapped: float = 0.15
    missed: float = 0.05


class Pairing(nn.Module):
    """The embedder with what training needs beside it: a temperature; heads for key, tempo and strokes of parts."""

    def __init__(self, clap: StarterClap) -> None:
        super().__init__()
        self.clap = clap
        self.log_scale = nn.Parameter(torch.tensor(2.5))
        self.key = nn.Linear(CLAP_DIM, len(KEYS))
        self.tempo = nn.Linear(CLAP_DIM, 1)
        self.parts = nn.Conv1d(clap.config.audio_widths[:2][-1], len(PARTS), 1)

    def forward(
        self, heard: Tensor, summary: Tensor, texts: list[list[Word]], learned: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Embeddings `[B, 512]` of unit norm of windows, with the summaries of their loops, and of texts; and what
        each part plays in the windows, `[B, P, F / 2]` in logits."""
        followed = self.clap.audio.follow(heard)
        audio = functional.normalize(self.clap.audio.embed(followed, summary).float(), dim=-1)
        text = functional.normalize(self.clap.text(texts, learned).float(), dim=-1)
        return audio, text, self.parts(followed).float()


class ClapTrainer(Trainer):
    """Minimises the contrastive loss; validates retrieval among held-out loops."""

    model: Pairing

    def __init__(
        self,
        clap: StarterClap,
        training: ClapTraining,
        export: Callable[[StarterClap, dict[str, Any]], None],
        seed: int = 0,
    ) -> None:
        self.model, self.training, self._export = Pairing(clap), training, export
        self.sounds = Sounds(training.corpus, held_out=False, captions=training.captions)
        self.held_out = Sounds(training.corpus, held_out=True, captions=0)
        self.generator = torch.Generator().manual_seed(seed)
        self.near = neighbours(clap)

    def loss(self, model: nn.Module) -> tuple[Tensor, dict[str, Tensor]]:
        """Contrastive loss of a fresh batch plus what its embeddings should tell of it."""
        batch = self.sounds.batch(self.training.batch_size, self.generator)
        texts = [self._varied(self.model.clap.vocabulary.read(caption)) for caption in batch.captions]
        learned = torch.rand(len(texts), 64, generator=self.generator) >= self.training.unlearned
        device = self.model.log_scale.device
        audio, text, parts = model(
            batch.heard.to(device), batch.summary.to(device), texts, learned.float().to(device)
        )
        pairs = contrastive(audio, text, self.model.log_scale)
        told = self._facts(audio, text, batch)
        strokes = stroke_loss(parts, batch.played.to(device), batch.parts_known.to(device))
        loss = pairs + self.training.facts_weight * sum(told.values(), torch.zeros((), device=device))
        terms = {"pairs": pairs, "strokes": strokes, **told}
        return loss + self.training.strokes_weight * strokes, {name: term.detach() for name, term in terms.items()}

    def validate(self, model: nn.Module) -> dict[str, float]:
        """Recall at 1 and 10 from every caption among the held-out loops, and the facts of these."""
        clap = model.clap
        assert isinstance(clap, StarterClap)
        loops = self.held_out.loops
        audio = torch.cat([clap.audio(loop.heard[None].to(self.model.log_scale.device)) for loop in loops])
        audio = functional.normalize(audio.float(), dim=-1)
        captions = [(index, caption) for index, loop in enumerate(loops) for caption in loop.captions]
        text = clap.embed_text([caption for _, caption in captions]).float()
        order = (text @ audio.T).argsort(dim=1, descending=True).cpu()
        own = torch.tensor([index for index, _ in captions])
        places = (order == own[:, None]).int().argmax(dim=1)
        tags = torch.stack([loop.tags for loop in loops])
        logits = clap.tag_logits(audio).cpu()
        return {
            "recall_at_1": float((places < 1).float().mean()),
            "recall_at_10": float((places < 10).float().mean()),
            "median_place": float(places.float().median()) + 1,
            "tag_accuracy": float(((logits > 0) == (tags > 0.5)).float().mean()),
        }

    def export(self, model: nn.Module, progress: dict[str, Any]) -> None:
        """Hand the averaged embedder to the pack writer."""
        assert isinstance(model.clap, StarterClap)
        self._export(model.clap, progress)

    def _facts(self, audio: Tensor, text: Tensor, batch: EmbedderBatch) -> dict[str, Tensor]:
        device = audio.device
        tags, known = batch.tags.to(device), batch.known.to(device)
        found = {}
        for name, embedded in (("audio_tags", audio), ("text_tags", text)):
            logits = self.model.clap.tag_logits(embedded)
            found[name] = functional.binary_cross_entropy_with_logits(logits, tags, known) * 4
        scaled = audio * CLAP_DIM**0.5
        found["key"] = 0.25 * functional.cross_entropy(self.model.key(scaled), batch.key.to(device), ignore_index=-1)
        octaves = torch.log2(batch.tempo_bpm.to(device) / TEMPO_OCTAVE_BPM)
        found["tempo"] = functional.mse_loss(self.model.tempo(scaled)[:, 0], octaves)
        return found

    def _varied(self, words: list[Word]) -> list[Word]:
        draws = torch.rand(len(words), 2, generator=self.generator).tolist()
        varied = []
        for word, (luck, choice) in zip(words, draws, strict=True):
            if luck < self.training.missed and len(words) > 2:
                continue
            row = word.row
            if luck > 1 - self.training.swapped and word.number is None and row in self.near:
                row = self.near[row][int(choice * len(self.near[row]))]
            varied.append(Word(row, word.number, word.known))
        return varied


def contrastive(audio: Tensor, text: Tensor, log_scale: Tensor) -> Tensor:
    """Symmetric cross-entropy of `audio` and `text` `[B, 512]`, row i of one belonging to row i of the other."""
    logits = audio @ text.T * log_scale.clamp(max=4.6).exp()
    target = torch.arange(len(audio), device=audio.device)
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2


def stroke_loss(logits: Tensor, played: Tensor, known: Tensor) -> Tensor:
    """Cross-entropy of `logits` `[B, P, F / 2]` against the ramps `played` `[B, P, F]` of the parts that are `known`
    `[B, P]`, a frame and part."""
    wanted = functional.avg_pool1d(played, 2)
    losses = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean(-1)
    return (losses * known).sum() / known.sum().clamp_min(1)


def neighbours(clap: StarterClap, most: int = NEIGHBOURS, likeness: float = 0.6) -> dict[int, list[int]]:
    """For rows of captions' words, up to `most` whole words of no caption with at least that cosine: near in meaning.

    Grammatical words have none: "without" is near "with". Nor are captions' own words taken: "soft" is near "hard".
    """
    table, vocabulary = clap.text.table, clap.vocabulary
    vectors = functional.normalize(table(torch.arange(len(vocabulary.words))), dim=-1)
    found = {}
    for row, word in enumerate(vocabulary.domain):
        if len(word) < 3 or word in CAPTION_WORDS.split():
            continue
        cosines = vectors @ vectors[row]
        cosines[: len(vocabulary.domain)] = -1
        best = [index for index in cosines.topk(most).indices.tolist() if cosines[index] >= likeness]
        near = [index for index in best if not vocabulary.words[index].startswith("##")]
        if near:
            found[row] = near
    return found
