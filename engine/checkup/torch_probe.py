"""Run in a child process: whether torch loads, and which devices multiply, in which precision."""

import os
import sys
from typing import Any

from engine.checkup.diagnosis import Diagnosis, one_line, unloadable

_MEND = "Install it anew: 'pip install --force-reinstall torch'."


def main() -> None:
    """Print a diagnosis for torch and one for each device that this system could have."""
    try:
        import torch  # noqa: PLC0415 - that it may not load is what is asked
    except (ImportError, OSError) as error:
        _tell(unloadable("torch", error, _MEND))
        return
    _tell(Diagnosis("torch", "ok", str(torch.__version__)))
    names = ("mps", "cpu") if sys.platform == "darwin" else ("cuda", "cpu")
    for name in names:
        _tell(device_diagnosis(torch, name))


def device_diagnosis(torch: Any, name: str) -> Diagnosis:
    """What the device `name` can do, tried by a multiplication."""
    from engine.devices import available_devices, fast_dtype  # noqa: PLC0415 - it imports torch

    if name not in available_devices():
        return _absent(torch, name)
    device = torch.device(name)
    try:
        precision = fast_dtype(device)
        ones = torch.ones(64, 64, device=device, dtype=precision)
        right = float((ones @ ones)[0, 0]) == 64.0
    except RuntimeError as error:
        words = one_line(str(error))
        return Diagnosis(
            name, "broken", words, f"Update the driver and torch, or render with '--device cpu' ({name})."
        )
    if not right:
        return Diagnosis(name, "broken", "it multiplies wrongly", "Render with '--device cpu', and update torch.")
    return Diagnosis(name, "ok", f"{_described(torch, name)}, fastest in {str(precision).removeprefix('torch.')}")


def _described(torch: Any, name: str) -> str:
    if name == "cuda":
        free, whole = (amount / 2**30 for amount in torch.cuda.mem_get_info())
        return f"{torch.cuda.get_device_name()}, {free:.1f} of {whole:.1f} GiB free"
    if name == "cpu":
        return f"threads: {torch.get_num_threads()}, cores: {os.cpu_count()}"
    return "the GPU of this Mac"


def _absent(torch: Any, name: str) -> Diagnosis:
    if name == "mps":
        return Diagnosis(name, "missing", "no GPU that torch can use", "Nothing to do: loops are made on the CPU.")
    if torch.version.cuda is None and getattr(torch.version, "hip", None) is None:
        return Diagnosis(
            name,
            "missing",
            "this torch is built for CPUs alone",
            "Nothing to do without an NVIDIA card; with one, install a CUDA build of torch.",
        )
    return Diagnosis(
        name, "missing", "no GPU or driver answers", "With an NVIDIA card, install its driver (nvidia-smi)."
    )


def _tell(diagnosis: Diagnosis) -> None:
    sys.stdout.write(diagnosis.line() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
