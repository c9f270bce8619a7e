"""Whole answers kept between runs: an unchanged project costs reading its files, and no more.

An answer is a pure function of what `discover` found, the bytes of the source files, the
configuration, the version of Python and our own code. The key is a digest of all of these, by
content: there is no time stamp that could lie. What the user sees never depends on this cache.
"""

import hashlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec.structs import replace

from cycleguard.cache import FactsCache, source_fingerprint
from cycleguard.config import Config, load_config
from cycleguard.discover.project import discover
from cycleguard.files import read_bytes
from cycleguard.model.modules import ModuleKind, Project, Skipped
from cycleguard.model.survey import Survey
from cycleguard.options import Options

# In the file's name, beside the facts.
_NAME = "answers-1.sqlite"
_MOST_ANSWERS = 24
# Sets have no order of their own.
_encoder = msgspec.msgpack.Encoder(order="deterministic")


def survey_targets(targets: Sequence[Path], options: Options) -> tuple[Survey, Config]:
    """What the gate judges of the files and folders `targets`, and the configuration for them.

    Raises:
        TargetError, ConfigError: as `pipeline.analyse`.
    """
    cwd = Path.cwd()
    config = load_config(targets, cwd)
    return survey_project(discover(targets, config, cwd), config, options), config


def survey_project(project: Project, config: Config, options: Options) -> Survey:
    """What the gate judges of a project, remembered or made."""
    if options.cache is None:
        return _survey(project, config, options)
    cache = FactsCache(options.cache.with_name(_NAME), _MOST_ANSWERS)
    key = _key(project, config)
    known = cache.load([key]).get(key)
    if known is not None:
        return _decoded(known, project.root)
    survey = _survey(project, config, options)
    encoded = _encoded(survey)
    # A file that changed while it was read must not be remembered under its old text.
    if encoded is not None and _key(project, config) == key:
        cache.store({key: encoded})
    return survey


def _survey(project: Project, config: Config, options: Options) -> Survey:
    # cycleguard: leave[start-up time: what is remembered needs no analysis]
    from cycleguard.pipeline import survey  # noqa: PLC0415

    return survey(project, config, options)


def _key(project: Project, config: Config) -> bytes:
    digest = hashlib.sha256(sys.version.encode())
    digest.update(_own_fingerprint())
    # Nothing depends on where the project lies: only its name for people does.
    for part in (replace(project, root=""), replace(config, folder="")):
        digest.update(_encoder.encode(part))
    for content in _contents(project):
        digest.update(len(content).to_bytes(8) + content)
    return digest.digest()


def _own_fingerprint() -> bytes:
    package = Path(__file__).parent
    return source_fingerprint((package, *(path for path in package.iterdir() if path.is_dir())))


def _contents(project: Project) -> Iterator[bytes]:
    root = Path(project.root)
    for module in project.modules:
        if module.kind is ModuleKind.SOURCE:
            content = read_bytes(root, module.path)
            yield content.reason.encode() if isinstance(content, Skipped) else content


def _encoded(survey: Survey) -> bytes | None:
    try:
        return _encoder.encode(replace(survey, analysis=replace(survey.analysis, root="")))
    except UnicodeEncodeError:  # a lone surrogate in a string of the code
        return None


def _decoded(data: bytes, root: str) -> Survey:
    survey = msgspec.msgpack.decode(data, type=Survey)
    return replace(survey, analysis=replace(survey.analysis, root=root))
