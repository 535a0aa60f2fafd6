"""Small stand-ins with the contracts of the real things."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.clap.words import split
from engine.errors import AudioFileError, PackError
from engine.loop import Loop, PackInfo, PackWords
from engine.progress import Progress, StepReport
from engine.rendering.service import ServiceEvents
from engine.requests import LoopRequest, Pattern
from engine.tempo import LoopGeometry, TempoRamp
from engine.vocabulary import EMBEDDING_DIM, KEYS, VOICE_DIM

if TYPE_CHECKING:
    from loopgen_app.background import Work

WORDS = ("acid", "bass", "bright", "dub", "dubby", "house", "kick", "pad", "techno", "warm")
"""The words that `FakeRenderer` knows."""


class FakeRenderer:
    """Renders a stereo sine per request at once: no model, no randomness, exact length, whole cycles (no seam).

    The seed chooses the note, the key's tonic transposes it, and an accent on every beat makes the tempo visible.
    `before_step`, when given, is called with the step about to run (1, 2, ...): tests hold it there, or raise
    from it. `requests` lists everything that was asked for, `rendered` everything that came out.
    """

    def __init__(
        self,
        before_step: Callable[[int], None] | None = None,
        sample_rate: int = 44100,
        *,
        takes_words: bool = True,
        composed: Pattern | None = None,
    ) -> None:
        self.composed = composed or Pattern()
        self.before_step = before_step
        self.sample_rate = sample_rate
        self.requests: list[LoopRequest] = []
        self.rendered: list[LoopRequest] = []
        self.thread: threading.Thread | None = None
        words = PackWords(WORDS, lambda text: bool(set(split(text)) & set(WORDS))) if takes_words else None
        self.info = PackInfo(name="fake", version="1", hash="0" * 64, sample_rate=sample_rate, words=words)

    def embed_sound(self, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        """An embedding that tells how loud a sound is; raises as the pipeline does."""
        if self.info.words is None:
            raise PackError("Pack 'fake' has no embedder: it takes no words and no reference.")
        loudest = float(np.abs(audio).max(initial=0.0))
        if loudest < 1e-4:
            raise AudioFileError("The reference is silent; give a sound.")
        return (min(1.0, loudest), *[0.0] * (EMBEDDING_DIM - 1))

    def embed_voice(self, part: str, audio: NDArray[np.float32], sample_rate: int) -> tuple[float, ...]:
        """A voice that tells how loud a sound is."""
        return (min(1.0, float(np.abs(audio).max(initial=0.0))), *[0.0] * (VOICE_DIM - 1))

    def render(self, request: LoopRequest, *, progress: Progress | None = None) -> Loop:
        """Walk through all steps, then return the sine; raises `Cancelled` between steps when asked to."""
        self.thread = threading.current_thread()
        self.requests.append(request)
        audio = sine_loop(request, self.sample_rate)
        for step in range(1, request.num_steps + 1):
            if self.before_step is not None:
                self.before_step(step)
            if progress is not None:
                progress.step(step, request.num_steps, step / request.num_steps, lambda: audio)
        self.rendered.append(request)
        geometry = LoopGeometry(request.tempo_bpm, request.bars, self.sample_rate)
        return Loop(
            audio=audio,
            sample_rate=self.sample_rate,
            request=request,
            latent=np.full((4, geometry.frames), request.seed % 7, dtype=np.float32),
            pack_name=self.info.name,
            pack_hash=self.info.hash,
            loudness_lufs=-14.0,
            true_peak_dbtp=20 * float(np.log10(np.abs(audio).max())),
            composed=self.composed,
            seconds={"conditioning": 0.0, "denoiser": 0.0, "codec": 0.0, "finishing": 0.0},
        )


def sine_loop(request: LoopRequest, sample_rate: int = 44100) -> np.ndarray:
    """The loop that `FakeRenderer` gives for `request`: `[2, T]` float32, peak below 0.5."""
    geometry = LoopGeometry(request.tempo_bpm, request.bars, sample_rate)
    semitones = request.seed % 24 + (KEYS.index(request.key) % 12 if request.key else 0)
    cycles = round(110 * 2 ** (semitones / 12) * geometry.seconds)
    phase = np.arange(geometry.samples) / geometry.samples
    accent = 0.25 + 0.2 * np.exp(-6 * ((phase * geometry.beats) % 1.0))
    wave = np.sin(2 * np.pi * cycles * phase) * accent
    return np.stack([wave, 0.8 * wave]).astype(np.float32)


FOUND_SEED = 2**62 + 5


class FakeApplications:
    """The engine's applications on a `FakeRenderer`: every walk tells and asks like a real one of four steps."""

    error = 0.004

    def __init__(self) -> None:
        self.inverted: list[Any] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def install(self, patch: Callable[[str, object], None]) -> None:
        """Put them in place of the engine's by `patch(name, function)`."""
        for name in ("invert_loops", "keep_noise", "render_path", "replay", "vary", "stretch", "transition"):
            patch(name, getattr(self, name))
        patch("Walk", lambda: SimpleNamespace(num_steps=4))
        patch("End", SimpleNamespace(of_loop=lambda inverted: inverted))

    def invert_loops(self, renderer: FakeRenderer, sources: Any, walk: Any, *, progress: Progress) -> Any:
        self.inverted += sources
        self._walk(renderer, progress)
        return [SimpleNamespace(source=source, request=source.request) for source in sources]

    def keep_noise(self, renderer: FakeRenderer, inverted: Any) -> int:
        self.calls.append(("keep_noise", {"source": inverted.source.name}))
        return FOUND_SEED

    def replay(self, renderer: FakeRenderer, inverted: Any, *, progress: Progress) -> Any:
        self._walk(renderer, progress)
        trip = SimpleNamespace(latent_error=self.error, heard_si_sdr_db=12.0)
        return [SimpleNamespace(round_trip=lambda _renderer: trip) for _ in inverted]

    def vary(
        self, renderer: FakeRenderer, inverted: Any, strengths: Any, *, keep: str, seed: int, progress: Progress
    ) -> list[Loop]:
        self.calls += [("vary", {"strength": strength, "keep": keep, "seed": seed}) for strength in strengths]
        self._walk(renderer, progress)
        return [renderer.render(inverted.request.with_(num_steps=1)) for _ in strengths]

    def stretch(self, renderer: FakeRenderer, inverted: Any, tempo_bpm: float, *, progress: Progress) -> Loop:
        self.calls.append(("stretch", {"tempo_bpm": tempo_bpm}))
        self._walk(renderer, progress)
        return renderer.render(inverted.request.with_(num_steps=1, tempo_bpm=tempo_bpm))

    def render_path(self, renderer: FakeRenderer, request: Any, points: Any, bars: int, *, progress: Progress) -> Any:
        self.calls.append(("render_path", {"pad": request.noise, "points": points, "bars": bars}))
        self._walk(renderer, progress)
        return self._passage(renderer, TempoRamp(request.tempo_bpm, request.tempo_bpm, bars, renderer.sample_rate))

    def transition(self, renderer: FakeRenderer, a: Any, b: Any, bars: int, walk: Any, *, progress: Progress) -> Any:
        self.calls.append(("transition", {"a": a.source.name, "b": b.source.name, "bars": bars}))
        self._walk(renderer, progress)
        return self._passage(
            renderer, TempoRamp(a.request.tempo_bpm, b.request.tempo_bpm, bars, renderer.sample_rate)
        )

    @staticmethod
    def _passage(renderer: FakeRenderer, ramp: TempoRamp) -> Any:
        return SimpleNamespace(
            audio=np.full((2, ramp.samples), 0.1, np.float32), sample_rate=renderer.sample_rate, ramp=ramp,
            pack_name="fake", pack_hash="0" * 64, loudness_lufs=-14.0,
        )  # fmt: skip

    @staticmethod
    def _walk(renderer: FakeRenderer, progress: Progress) -> None:
        for step in range(1, 5):
            if renderer.before_step is not None:
                renderer.before_step(step)
            progress.step(step, 4, step / 4)


class FakeService:
    """The engine's service without a thread: what was submitted stays until the test lets it go on.

    `asked` has every request and task that was submitted, in order; what was replaced never comes.
    """

    def __init__(self, events: ServiceEvents, renderer: FakeRenderer | None = None) -> None:
        self.events, self.renderer = events, renderer or FakeRenderer()
        self.asked: list[Any] = []
        self.waiting: dict[int, Any] = {}
        self.heard: dict[str | None, tuple[Callable[[], Any], Future[tuple[float, ...]]]] = {}
        self.loads: list[Callable[[], Any]] = []
        self.looks: list[tuple[Any, Future[Any]]] = []
        self.closed = False

    def submit_batch(self, requests: Any) -> tuple[int, ...]:
        first = len(self.asked) + 1
        self.asked += requests
        self.waiting = dict(enumerate(requests, first))
        return tuple(self.waiting)

    def submit_task(self, task: Any) -> int:
        return self.submit_batch([task])[0]

    def cancel(self) -> None:
        self.waiting = {}

    def embed_sound(self, sound: Callable[[], Any], part: str | None = None) -> Future[tuple[float, ...]]:
        self.heard[part] = (sound, Future())
        return self.heard[part][1]

    def look(self, task: Any) -> Future[Any]:
        self.looks.append((task, Future()))
        return self.looks[-1][1]

    def replace_renderer(self, load: Callable[[], Any]) -> None:
        self.loads.append(load)

    def close(self) -> None:
        self.waiting, self.closed = {}, True

    def ready(self) -> None:
        """The model is there."""
        self.events.on_ready(self.renderer.info)

    def step(self, step: int, num_steps: int = 16) -> None:
        """So many steps of what is being made are done."""
        job = next(iter(self.waiting))
        self.events.on_progress(job, StepReport(step, num_steps, step / num_steps, lambda: None))

    def finish(self) -> None:
        """All that waits is made, and told in order."""
        waiting, self.waiting = self.waiting, {}
        for job, work in waiting.items():
            if isinstance(work, LoopRequest):
                self.events.on_loop(job, self.renderer.render(work))
            else:
                steps = Progress(partial(self.events.on_progress, job))
                self.events.on_result(job, work(self.renderer, steps))

    def listen(self) -> None:
        """The sounds that wait are listened to, the newest for each part as the engine does; older ones are not."""
        heard, self.heard = self.heard, {}
        for part, (sound, future) in heard.items():
            try:
                file = sound()
                told = (file.audio, file.sample_rate)
                embed = self.renderer.embed_sound if part is None else partial(self.renderer.embed_voice, part)
                future.set_result(embed(*told))
            except (AudioFileError, PackError) as error:
                future.set_exception(error)


class FakeBackground:
    """The window's background without threads: work is done at once by whoever asks for it.

    While it is `held`, work waits for `release`, which does what was not cancelled, in order.
    """

    def __init__(self, *, held: bool = False) -> None:
        self.held = held
        self._waiting: list[Work] = []
        self._closed = False

    def line(self, name: str, *, newest: bool = False) -> "FakeLine":
        return FakeLine(self, name, newest=newest)

    def follow(
        self, future: Future[Any], done: Callable[[Any], object], failed: Callable[[Exception], object]
    ) -> Any:
        from loopgen_app.background import Work

        work = Work("fake", future.result, done, failed)
        future.add_done_callback(lambda _future: self.take(work))
        return work

    def tell(self, call: Callable[[], object]) -> None:
        if not self._closed:
            call()

    def close(self) -> None:
        self.release()
        self._closed = True

    def take(self, work: "Work") -> None:
        if self.held:
            self._waiting.append(work)
        elif not self._closed:
            work.run(self.tell)

    def release(self) -> None:
        waiting, self._waiting = self._waiting, []
        for work in waiting:
            work.run(self.tell)


class FakeLine:
    """A line of a `FakeBackground`."""

    def __init__(self, background: FakeBackground, name: str, *, newest: bool) -> None:
        self._background, self._name, self._newest = background, name, newest
        self._last: Work | None = None

    def start(
        self, do: Callable[[], Any], done: Callable[[Any], object], failed: Callable[[Exception], object]
    ) -> "Work":
        from loopgen_app.background import Work

        if self._newest and self._last is not None:
            self._last.cancel()
        self._last = work = Work(self._name, do, done, failed)
        self._background.take(work)
        return work
