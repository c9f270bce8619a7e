"""What a rule answers: a code of the catalogue and the reason for this very import."""

from msgspec import Struct


class Reason(Struct, frozen=True):
    """`code` is a key of the catalogue, `text` one sentence, `evidence` further facts."""

    code: str
    text: str
    evidence: tuple[str, ...] = ()
