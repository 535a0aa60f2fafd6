"""What a Hydrogen kit says of itself in its `drumkit.xml`, which is believed as little as any file of strangers."""

from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from engine.documents import read_file
from engine.errors import CorpusError
from engine.files import is_file

DESCRIPTION: Final = "drumkit.xml"
MOST_BYTES: Final = 4_000_000


def read_drumkit(folder: Path) -> ElementTree.Element | None:
    """The description of the kit in `folder`; None where there is none.

    Raises `CorpusError` where it cannot be read, is none, or defines entities, which no kit needs and which grow.
    """
    path = folder / DESCRIPTION
    if not is_file(path):
        return None
    try:
        content = read_file(path, MOST_BYTES + 1)
        if len(content) > MOST_BYTES or b"<!" in content.replace(b"<!--", b"").replace(b"<![CDATA[", b""):
            raise CorpusError(f"{path} is no readable drum kit: it is too large, or defines entities.")
        return ElementTree.fromstring(content)
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror or error}.") from error
    except (ElementTree.ParseError, ValueError, LookupError) as error:  # an encoding that does not exist is the last
        raise CorpusError(f"{path} is no readable drum kit: {error}.") from error


def plain_tag(node: ElementTree.Element) -> str:
    """The name of an element without its namespace."""
    return node.tag.rpartition("}")[2]
