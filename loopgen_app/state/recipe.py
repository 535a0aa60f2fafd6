"""The recipe a loop carries: the request that made it, the pack it was made with, and the knobs around it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import InvalidRequest, LoopRequest

PASSAGES = ("transition", "path")
"""What is made of several loops and is none itself."""
AROUND = ("pattern", "muted", "pad_corners", "pad_locks", "pad_x", "pad_y", "variations", "reference_name")


@dataclass(frozen=True)
class Recipe:
    """What is needed to make a loop again. `knobs` is empty in recipes that the command line wrote.

    `origin` says what a sound was made from that its request alone does not give: of a variation or a stretched loop
    the `verb` and the `source`; of a passage, which is no loop, also its `bars` and the tempo `from_bpm`, and then
    `request` is that of the loop it leads to.
    """

    request: LoopRequest
    pack_name: str = ""
    pack_hash: str = ""
    knobs: Mapping[str, Any] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_passage(self) -> bool:
        """Whether this is music that leads from one loop to another, and no loop."""
        return self.origin.get("verb") in PASSAGES

    @property
    def bars(self) -> int:
        """Length in bars; a passage has its own."""
        bars = self.origin.get("bars")
        return bars if self.is_passage and isinstance(bars, int) and bars > 0 else self.request.bars

    @property
    def noise_seed(self) -> int | None:
        """The seed whose noise alone gave this loop; None when its noise came from elsewhere."""
        return None if self.origin or self.request.noise is not None else self.request.seed

    @property
    def around(self) -> dict[str, Any]:
        """The knobs that a request does not know, as they were."""
        return {knob: self.knobs[knob] for knob in AROUND if knob in self.knobs}

    def to_json(self) -> str:
        """One line of JSON, as export writes it into a file and the bank into its table."""
        pack = {"name": self.pack_name, "hash": self.pack_hash}
        # A passage must not be taken for the loop of its request, so that goes by another name.
        name = "leads_to" if self.is_passage else "request"
        made = {"origin": dict(self.origin)} if self.origin else {}
        return json.dumps({name: self.request.to_dict(), "pack": pack, "knobs": dict(self.knobs), **made})

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read a recipe; raises `InvalidRequest` when the text is none."""
        try:
            found = json.loads(text)
        except (ValueError, TypeError) as error:
            raise InvalidRequest("This file carries no LoopGen recipe.") from error
        if not isinstance(found, Mapping):
            raise InvalidRequest("This file carries no LoopGen recipe.")
        request = found.get("request", found.get("leads_to", found))
        if not isinstance(request, Mapping):
            raise InvalidRequest("This file's recipe has no request.")
        pack, knobs, origin = (found.get(name) for name in ("pack", "knobs", "origin"))
        pack = pack if isinstance(pack, Mapping) else {}
        return cls(
            LoopRequest.from_dict(request),
            str(pack.get("name", found.get("pack_name", ""))),
            str(pack.get("hash", found.get("pack_hash", ""))),
            knobs if isinstance(knobs, Mapping) else {},
            origin if isinstance(origin, Mapping) else {},
        )
