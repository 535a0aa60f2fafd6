"""StarterClap: words and loops in one space, trained on the corpus with the symmetric contrastive loss.

The text tower reads frozen word vectors, so that it understands words no caption has; the audio tower reads a mel
spectrogram and semitone levels, and time wraps around.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from engine.audio.resampling import resample_loop
from engine.clap import words
from engine.clap.audio_tower import AudioTower
from engine.clap.base import CLAP_DIM, ClapEmbedder
from engine.clap.config import StarterClapConfig
from engine.clap.listening import LISTENING_RATE, Listening
from engine.clap.text_tower import TextTower
from engine.vocabulary import TODAY, Vocabulary, places

MAX_SECONDS = 30.0
"""Of a longer sound the middle is heard."""
KINDS = ("tags", "steers")
"""Kinds of words that an embedder has rows for."""


class StarterClap(ClapEmbedder):
    """The starter pack's embedder; `facts` reads the tags that are `known` off any of its embeddings, as logits."""

    reads_tags = True

    def __init__(self, config: StarterClapConfig, known: Vocabulary = TODAY) -> None:
        super().__init__()
        self.config, self.known = config, known
        self.listening = Listening()
        self.text = TextTower(config)
        self.audio = AudioTower(config, self.listening.rows)
        self.facts = nn.Linear(CLAP_DIM, len(known.tags))

    @property
    def vocabulary(self) -> words.WordTokenizer:
        """The words the text tower reads."""
        return self.text.table.vocabulary

    @property
    def own_words(self) -> tuple[str, ...]:
        """The musicians' words among those it reads."""
        return self.vocabulary.domain

    def knows(self, text: str) -> bool:
        """Whether it can read some word of `text`."""
        return self.vocabulary.knows(text)

    def embed_text(self, texts: Sequence[str]) -> Tensor:
        """One vector `[512]` of unit norm per text; one without any word it can read gives that of no words."""
        return functional.normalize(self.text([self.vocabulary.read(text) for text in texts]), dim=-1)

    def embed_audio(self, audio: Tensor, sample_rate: int) -> Tensor:
        """One vector `[512]` of unit norm per loop of `audio` `[B, C, T]`; time wraps around."""
        surplus = audio.shape[-1] - round(MAX_SECONDS * sample_rate)
        if surplus > 0:
            audio = audio[..., surplus // 2 : audio.shape[-1] - surplus // 2]
        if sample_rate != LISTENING_RATE:
            audio = torch.stack(
                [torch.from_numpy(resample_loop(x.cpu().numpy(), sample_rate, LISTENING_RATE)) for x in audio]
            ).to(audio.device)
        return functional.normalize(self.audio(self.listening(audio)), dim=-1)

    def tag_logits(self, embedded: Tensor) -> Tensor:
        """How sure it is of each known tag `[B, len(known.tags)]`, in logits, from embeddings `[B, 512]` of words or
        sounds."""
        logits: Tensor = self.facts(embedded * CLAP_DIM**0.5)
        return logits

    def tag_directions(self) -> Tensor:
        """The weights of its classifiers `[len(known.tags), 512]`."""
        return self.facts.weight

    def widened(self) -> "StarterClap":
        """A copy with classifiers of all of today's tags; those of new ones are not trained yet."""
        if self.known.told(*KINDS) == TODAY.told(*KINDS):
            return self
        wider = StarterClap(self.config)
        kept, fresh = self.state_dict(), wider.state_dict()
        for name in ("facts.weight", "facts.bias"):
            for row, old in enumerate(places(TODAY.tags, self.known.tags) or range(len(TODAY.tags))):
                if old < len(self.known.tags):
                    fresh[name][row] = kept[name][old]
            kept[name] = fresh[name]
        wider.load_state_dict(kept)
        return wider
