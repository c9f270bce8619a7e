"""A source file as text to edit: bytes in, replacements of parts, bytes out.

Everything that no replacement touches stays as it is, byte for byte: encoding, BOM, newlines.
"""

import re
from collections import Counter
from collections.abc import Iterable

from msgspec import Struct

from cycleguard.files import decode_exactly, source_encoding

_NEWLINE = re.compile("\r\n?|\n")


class Replacement(Struct, frozen=True):
    """The characters from `start` to `end` of a text become `new`."""

    start: int
    end: int
    new: str


class EditableText:
    """The decoded file. `text` has line feeds for newlines, and all places are places in it.

    Raises:
        SyntaxError: the bytes cannot be decoded.
        UnicodeError: decoding and encoding does not give the same bytes.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._encoding = source_encoding(source)
        self._exact = decode_exactly(source)
        if self._exact.encode(self._encoding) != source:
            raise UnicodeError(f"{self._encoding} does not give the same bytes again")
        self.text = _NEWLINE.sub("\n", self._exact)

    def replaced(self, replacements: Iterable[Replacement]) -> bytes:
        """The file with all `replacements` made; new lines end as most lines of the file do.

        Raises:
            UnicodeEncodeError: new text does not fit the file's encoding.
        """
        pieces: list[str] = []
        done = done_in_text = 0
        ends = [match.span() for match in _NEWLINE.finditer(self._exact)]
        shifts = _Shifts(ends)
        newline = self._usual_newline()
        for each in sorted(replacements, key=lambda each: (each.start, each.end)):
            if each.start < done_in_text:
                raise AssertionError(f"two replacements of the text at {each.start}")
            done_in_text = each.end
            pieces.append(self._exact[done : shifts.exact(each.start)])
            pieces.append(each.new.replace("\n", newline))
            done = shifts.exact(each.end)
        if not pieces:
            return self._source
        return "".join((*pieces, self._exact[done:])).encode(self._encoding)

    def _usual_newline(self) -> str:
        found = Counter(_NEWLINE.findall(self._exact))
        return found.most_common(1)[0][0] if found else "\n"


class _Shifts:
    """The way from a place in text with line feeds to the same place with its own newlines."""

    def __init__(self, ends: Iterable[tuple[int, int]]) -> None:
        # Places, in the text with line feeds, of newlines that are two characters long.
        self._doubles: list[int] = []
        for start, end in ends:
            if end - start == 2:
                self._doubles.append(start - len(self._doubles))
        self._index = 0

    def exact(self, place: int) -> int:
        """The exact place of `place`; asked in ascending order."""
        while self._index < len(self._doubles) and self._doubles[self._index] < place:
            self._index += 1
        return place + self._index
