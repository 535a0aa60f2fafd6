"""The sound process through a real PortAudio stream on ALSA's null and file devices: no sound card needed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from loopgen_app.sound import loop_files
from loopgen_app.sound.loop_files import Playable
from loopgen_app.sound.pulse import GRACE_SECONDS, HEART_SECONDS
from loopgen_app.sound.supervisor import SoundHealth, Supervisor

RATE = 44100
NULL = "pcm.!default { type null }\nctl.!default { type null }\n"


def _portaudio_is_there() -> bool:
    probe = "import sounddevice, sys; sys.exit(0 if 'ALSA' in str(sounddevice.query_hostapis()) else 1)"
    return subprocess.run([sys.executable, "-c", probe], capture_output=True, check=False).returncode == 0


needs_alsa = pytest.mark.skipif(not _portaudio_is_there(), reason="no PortAudio with ALSA on this machine")


class Ears:
    """A supervisor and everything it said."""

    def __init__(self, home: Path, asoundrc: str, **options: object) -> None:
        (home / ".asoundrc").write_text(asoundrc)
        self.heard: list[SoundHealth] = []
        environment = {**os.environ, "HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2])}
        self.supervisor = Supervisor(self.heard.append, environment=environment, **options)  # type: ignore[arg-type]

    def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"waited in vain; heard {self.heard}"
            self.supervisor.poll()
            time.sleep(0.005)


@pytest.fixture
def make_ears(tmp_path: Path) -> Iterator[Callable[..., Ears]]:
    made: list[Ears] = []

    def make(asoundrc: str, **options: object) -> Ears:
        made.append(Ears(tmp_path, asoundrc, **options))
        made[-1].supervisor.start()
        return made[-1]

    yield make
    for ears in made:
        ears.supervisor.close()


def playable(loop_id: int, beats: int, tempo: float, seed: int) -> Playable:
    samples = round(beats * 60 / tempo * RATE)
    audio = np.random.default_rng(seed).uniform(-0.9, 0.9, (2, samples)).astype(np.float32)
    return Playable(loop_id, audio, RATE, beats, tempo)


@needs_alsa
def test_what_reaches_the_card_is_the_loop_bit_for_bit_and_swaps_are_on_the_beat(
    tmp_path: Path, make_ears: Callable[..., Ears]
) -> None:
    capture = tmp_path / "capture.raw"
    ears = make_ears(
        "pcm.!default { type file slave.pcm { type null } "
        f'file "{capture}" format "raw" }}\nctl.!default {{ type null }}\n'
    )
    supervisor = ears.supervisor
    first, second = playable(1, 4, 240, 1), playable(2, 8, 233, 2)
    ears.until(lambda: supervisor.alive)
    supervisor.cue(first)
    supervisor.play()
    ears.until(lambda: supervisor.status().frames > 5 * first.audio.shape[1])
    supervisor.cue(second, every=16)
    ears.until(lambda: supervisor.status().swaps == 1)
    swap_frame = supervisor.status().swap_frame
    ears.until(lambda: supervisor.status().frames > swap_frame + 3 * second.audio.shape[1])
    status = supervisor.status()
    supervisor.close()
    assert status.dropouts == 0
    out = np.fromfile(capture, dtype="<f4").reshape(-1, 2)
    began = int(np.flatnonzero(out.any(axis=1))[0])
    length, period = first.audio.shape[1], second.audio.shape[1]
    changed = _first_difference(out[began + 200 :], np.roll(first.audio.T, -200, axis=0)) + began + 200
    # The capture has a pre-roll before frame 0, so the beat is found from where the first loop began.
    boundary = changed + round((changed - began) / length) * length - (changed - began)
    assert abs(changed - (began + round((changed - began) / length) * length)) <= RATE / 1000
    heard = out[boundary + 50 :][: 3 * period]
    expected = np.tile(np.roll(second.audio.T, -(50 + _start(changed - began, length, period)), axis=0), (4, 1))
    assert np.array_equal(heard, expected[: len(heard)])
    assert len(heard) > 2 * period


def _start(offset: int, length: int, period: int) -> int:
    beats = 4 * round(offset / length)
    return round((beats % 8) * period / 8)


def _first_difference(out: np.ndarray, loop: np.ndarray) -> int:
    expected = np.tile(loop, (len(out) // len(loop) + 1, 1))[: len(out)]
    return int(np.flatnonzero((out != expected).any(axis=1))[0])


@needs_alsa
def test_a_killed_sound_process_comes_back_at_the_same_beat(make_ears: Callable[..., Ears]) -> None:
    ears = make_ears(NULL)
    supervisor = ears.supervisor
    ears.until(lambda: supervisor.alive)
    supervisor.cue(playable(7, 16, 120, 3))
    supervisor.play()
    for number in range(3):
        ears.until(lambda: supervisor.alive and supervisor.status().playing and supervisor.status().beat > 1)
        assert supervisor.pid is not None
        os.kill(supervisor.pid, signal.SIGKILL)
        died = time.monotonic()
        ears.until(lambda count=number + 1: supervisor.restarts == count)
        beat = supervisor._resume_beat
        ears.until(lambda: supervisor.alive and supervisor.status().playing)
        assert time.monotonic() - died < 5.0
        assert supervisor.status().loop_id == 7
        assert supervisor.status().beat >= beat
    assert [heard.health for heard in ears.heard][-1] == "ok"


@needs_alsa
def test_a_hung_stream_is_noticed_by_its_heart(
    make_ears: Callable[..., Ears], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("loopgen_app.sound.pulse.GRACE_SECONDS", 0.5)
    ears = make_ears(NULL)
    supervisor = ears.supervisor
    ears.until(lambda: supervisor.alive)
    assert supervisor.pid is not None
    os.kill(supervisor.pid, signal.SIGSTOP)
    ears.until(lambda: supervisor.restarts == 1)
    assert any("stopped answering" in heard.message for heard in ears.heard)
    ears.until(lambda: supervisor.alive)


@needs_alsa
def test_a_starved_process_is_not_started_again(make_ears: Callable[..., Ears]) -> None:
    ears = make_ears(NULL)
    supervisor = ears.supervisor
    ears.until(lambda: supervisor.alive)
    calm = time.monotonic() + GRACE_SECONDS  # from here on a quiet stream is judged
    ears.until(lambda: time.monotonic() > calm, seconds=60.0)
    assert supervisor.pid is not None
    for _ in range(2):
        os.kill(supervisor.pid, signal.SIGSTOP)
        over = time.monotonic() + 3 * HEART_SECONDS
        ears.until(lambda over=over: time.monotonic() > over)  # type: ignore[misc]
        os.kill(supervisor.pid, signal.SIGCONT)
        before = supervisor.status().callbacks
        ears.until(lambda before=before: supervisor.status().callbacks > before)  # type: ignore[misc]
    assert supervisor.restarts == 0 and [heard.health for heard in ears.heard] == ["ok"]


def test_without_any_device_the_window_is_told_and_it_tries_again(
    make_ears: Callable[..., Ears], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("loopgen_app.sound.supervisor.LOOK_SECONDS", 0.01)
    looks = tmp_path / "looks"
    looks.touch()
    ears = make_ears("", command=(sys.executable, "-c", NO_DEVICE.format(looks=str(looks))))
    ears.until(lambda: len(looks.read_bytes()) >= 5)
    assert [heard.health for heard in ears.heard] == ["no_device"]
    assert "still looking" in ears.heard[-1].message
    assert ears.supervisor.restarts == 0
    ears.supervisor.play()
    ears.supervisor.stop()


def test_without_portaudio_the_message_names_what_to_install(make_ears: Callable[..., Ears]) -> None:
    ears = make_ears("", command=(sys.executable, "-c", NO_PORTAUDIO))
    ears.until(lambda: bool(ears.heard))
    assert ears.heard[0].health == "no_portaudio"
    assert "libportaudio2" in ears.heard[0].message


_STAND_IN = """
import sys
from types import SimpleNamespace
class PortAudioError(Exception): pass
def query_devices(*_):
    raise PortAudioError("Error querying device -1")
{setup}
from loopgen_app.sound.child import main
main(sys.argv[1])
"""
NO_DEVICE = _STAND_IN.format(
    setup="""
def look():
    with open({looks!r}, "ab") as file:
        file.write(b"1")
sys.modules["sounddevice"] = SimpleNamespace(
    query_devices=query_devices, PortAudioError=PortAudioError, _terminate=look, _initialize=lambda: None
)
"""
)
NO_PORTAUDIO = _STAND_IN.format(
    setup="""
import importlib.abc
class Missing(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_):
        if name == "sounddevice":
            raise OSError("PortAudio library not found")
sys.meta_path.insert(0, Missing())
"""
)


def test_folders_of_dead_windows_are_swept_and_living_ones_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_files, "shared_root", lambda: tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    dead = tmp_path / f"{loop_files.PREFIX}{gone.pid}-x"
    alive = tmp_path / f"{loop_files.PREFIX}{os.getpid()}-y"
    dead.mkdir()
    alive.mkdir()
    (dead / "loop").write_bytes(b"1")
    made = loop_files.make_folder()
    assert not dead.exists()
    assert alive.exists()
    assert made.is_dir()
