"""How the processes of a run were started: each has the whole model, whose parts accelerate can spread, too."""

import os
from collections.abc import Mapping
from typing import Final

from engine.errors import LoopGenError

_SPREADING: Final = {"ACCELERATE_USE_FSDP": "FSDP", "ACCELERATE_USE_DEEPSPEED": "DeepSpeed"}


def check_launch(environment: Mapping[str, str] | None = None) -> None:
    """Raise `LoopGenError` where `accelerate launch` was told to spread the model over processes.

    Averages, checkpoints and packs are made of whole weights. The largest denoiser that is sensible here takes, with
    its gradients and the optimizer's state, 1 GB of each GPU: there is nothing to be gained.
    """
    environment = os.environ if environment is None else environment
    for variable, name in _SPREADING.items():
        if environment.get(variable, "").lower() in ("true", "1", "yes"):
            raise LoopGenError(
                f"Training spread over processes by {name} is not possible, nor needed: the model fits on every GPU. "
                "Start it by torchrun, or by accelerate with resources/training/accelerate.yaml."
            )
