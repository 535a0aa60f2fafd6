"""The recipe a loop carries: the request that made it, the pack it was made with, and the knobs around it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine import InvalidRequest, LoopRequest

AROUND = ("pattern", "muted", "pad_corners", "pad_locks", "pad_x", "pad_y", "variations", "reference_name")


@dataclass(frozen=True)
class Recipe:
    """What is needed to make a loop again. `knobs` is empty in recipes that the command line wrote."""

    request: LoopRequest
    pack_name: str = ""
    pack_hash: str = ""
    knobs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def around(self) -> dict[str, Any]:
        """The knobs that a request does not know, as they were."""
        return {knob: self.knobs[knob] for knob in AROUND if knob in self.knobs}

    def to_json(self) -> str:
        """One line of JSON, as export writes it into a file and the bank into its table."""
        pack = {"name": self.pack_name, "hash": self.pack_hash}
        return json.dumps({"request": self.request.to_dict(), "pack": pack, "knobs": dict(self.knobs)})

    @classmethod
    def from_json(cls, text: str) -> "Recipe":
        """Read a recipe; raises `InvalidRequest` when the text is none."""
        try:
            found = json.loads(text)
        except (ValueError, TypeError) as error:
            raise InvalidRequest("This file carries no LoopGen recipe.") from error
        if not isinstance(found, Mapping):
            raise InvalidRequest("This file carries no LoopGen recipe.")
        request = found.get("request", found)
        if not isinstance(request, Mapping):
            raise InvalidRequest("This file's recipe has no request.")
        pack, knobs = found.get("pack"), found.get("knobs")
        pack = pack if isinstance(pack, Mapping) else {}
        return cls(
            LoopRequest.from_dict(request),
            str(pack.get("name", found.get("pack_name", ""))),
            str(pack.get("hash", found.get("pack_hash", ""))),
            knobs if isinstance(knobs, Mapping) else {},
        )
