"""Run in a child process: renders one bar with a pack and writes it as a file that is not kept."""

import sys
import tempfile
import time
from pathlib import Path

from engine.checkup.diagnosis import Diagnosis, one_line, unloadable
from engine.errors import LoopGenError

_MEND = "Install what is missing: 'pip install --force-reinstall loopgen'."
_STEPS = 4


def main(folder: str) -> Diagnosis:
    """Whether a loop can be rendered with the pack in `folder`, and how long that takes."""
    began = time.perf_counter()
    try:
        from engine.audio.io import write_wav  # noqa: PLC0415 - that one of them may not load is what is asked
        from engine.pipeline import LoopPipeline  # noqa: PLC0415
        from engine.requests import LoopRequest  # noqa: PLC0415

        pipeline = LoopPipeline.from_pack(folder)
        loaded = time.perf_counter()
        loop = pipeline.render(LoopRequest(tempo_bpm=120.0, bars=1, seed=1, num_steps=_STEPS))
        rendered = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix="loopgen-checkup-") as place:
            write_wav(Path(place) / "loop.wav", loop.audio, loop.sample_rate)
    except LoopGenError as error:
        return Diagnosis("loop", "broken", str(error), "See what 'pack' and 'disk' say above.")
    except (ImportError, OSError) as error:
        return unloadable("loop", error, _MEND)
    except (RuntimeError, MemoryError) as error:  # torch: no memory, a driver that fails
        words = one_line(str(error)) or type(error).__name__
        return Diagnosis("loop", "broken", words, "Close other programs, or try 'loopgen render --device cpu'.")
    told = f"one bar in {rendered - loaded:.2f} s on {pipeline.device.type}, model loaded in {loaded - began:.1f} s"
    return Diagnosis("loop", "ok", told)


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1]).line() + "\n")
