"""What a file's bytes say: its text, whatever it is encoded in, and whether that is UTF-8."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Text:
    """A file's text; ``encoding`` is what it was read as, and writes the same bytes again."""

    text: str
    encoding: str

    @property
    def is_utf8(self) -> bool:
        """Whether every tool of today reads it as it is."""
        return self.encoding == "utf-8"


def read(data: bytes) -> Text | None:
    """Return the text that bytes hold, or None where they are no text.

    A Brazilian Windows editor writes Windows-1252 where it does not write UTF-8; PowerShell writes UTF-16.
    """
    if data.startswith(_UTF16):
        try:
            return Text(data.decode("utf-16"), "utf-16")
        except UnicodeDecodeError:
            return None
    if b"\0" in data:
        return None
    for encoding in ("utf-8", "cp1252"):
        try:
            return Text(data.decode(encoding), encoding)
        except UnicodeDecodeError:
            continue
    return Text(data.decode("latin-1"), "latin-1")
