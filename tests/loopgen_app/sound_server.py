"""A sound server of one's own: PulseAudio with a sink that nobody hears, at the pace of a real card."""

import contextlib
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

PULSE = ("pulseaudio", "parec")
ROOT = Path(__file__).parents[2]
RATE = 44100


def sound_server_is_there() -> bool:
    plugin = any(Path("/usr/lib").glob("**/alsa-lib/libasound_module_pcm_pulse.so"))
    return plugin and all(shutil.which(name) for name in PULSE)


needs_sound_server = pytest.mark.skipif(
    not sound_server_is_there(),
    reason="no PulseAudio with its ALSA plugin on this machine (pulseaudio, libasound2-plugins)",
)

in_real_time = pytest.mark.flaky(reruns=2, reruns_delay=5)
"""A machine that stands still for a tenth of a second, as one that runs other tests may, costs sound whatever the
instrument does: what is measured against the clock may be measured again."""


class SoundServer:
    """One server at a time below `folder`. `kill` ends it and `start` brings it back, as often as wished."""

    def __init__(self, folder: Path) -> None:
        self._home, self._run = folder / "sound-home", folder / "sound-run"
        self._home.mkdir(parents=True)
        self._run.mkdir(mode=0o700)
        self._socket = self._run / "native"
        (self._home / ".asoundrc").write_text("pcm.!default { type pulse }\nctl.!default { type pulse }\n")
        self.environment = {
            **os.environ, "HOME": str(self._home), "PYTHONPATH": str(ROOT), "XDG_RUNTIME_DIR": str(self._run),
            "PULSE_SERVER": f"unix:{self._socket}",
        }  # fmt: skip
        self._server: subprocess.Popen[bytes] | None = None
        self._listener: subprocess.Popen[bytes] | None = None
        self._recorder: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it listens."""
        self._socket.unlink(missing_ok=True)
        self._server = subprocess.Popen(
            [
                "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no",
                "-L", f"module-native-protocol-unix socket={self._socket} auth-anonymous=1",
                "-L", f"module-null-sink sink_name=card rate={RATE} format=float32le channels=2",
            ],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        end = time.monotonic() + 10
        while not self._listens():
            assert time.monotonic() < end, "PulseAudio does not start"
            time.sleep(0.02)
        # A sink that nobody hears runs up to two seconds ahead of a stream that begins or was late, and asks it for
        # nothing meanwhile. No card has so long a buffer: somebody who listens with a short one keeps it honest.
        command = ["parec", "-d", "card.monitor", "--raw", "--latency-msec=20"]
        self._listener = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as door, contextlib.suppress(OSError):
            door.connect(str(self._socket))
            return True
        return False

    def kill(self) -> None:
        """End the server without a word to anybody."""
        if self._listener is not None:
            self._listener.kill()
            self._listener.wait()
            self._listener = None
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None

    def record(self, path: Path) -> None:
        """Write what the card plays into `path` as float32 stereo frames until `stop_recording`."""
        sound = ["--raw", "--format=float32le", f"--rate={RATE}", "--channels=2"]
        with path.open("wb") as file:
            command = ["parec", "-d", "card.monitor", *sound, "--latency-msec=20"]
            self._recorder = subprocess.Popen(command, env=self.environment, stdout=file, stderr=subprocess.DEVNULL)

    def stop_recording(self) -> None:
        """Close the recording."""
        if self._recorder is not None:
            self._recorder.terminate()
            self._recorder.wait()
            self._recorder = None

    def close(self) -> None:
        """End everything."""
        self.stop_recording()
        self.kill()
