"""Which requests can be rendered in one pass of the network."""

from engine.requests import LoopRequest

_SHARED = ("tempo_bpm", "bars", "num_steps", "sampler", "schedule", "guidance_scale", "repeat", "learnt")


def batch_key(request: LoopRequest) -> tuple[object, ...]:
    """Requests of one key can be one batch: they are equally long, and sampled and guided alike.

    Seed, noise and all that is asked for may differ. Where conditions have weights of their own, or nothing is asked
    for, seed and noise alone may. Of what a pack learnt less counts where rows are all that is asked for
    (`engine.conditioning.learnt_sounds`).
    """
    shared = tuple(getattr(request, name) for name in _SHARED)
    weighed = any(weight != 1 for weight in request.guidance.values())
    alone = request.with_(seed=0, noise=None) if weighed or not _asks(request) else None
    told = request.prompt or request.tags or request.reference
    return (*shared, alone, bool(request.pattern.rows and not told))


def _asks(request: LoopRequest) -> bool:
    """Whether there is surely something that guidance leads towards."""
    return bool(request.tags or request.key or request.pattern.rows or request.curves or request.compose)
