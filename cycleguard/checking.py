"""The gate as a whole: survey, policy, baseline or older revision, verdict.

Used by the commands `check` and `init`, and by the public API.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from cycleguard.answers import survey_project, survey_targets
from cycleguard.config import Config, shorten
from cycleguard.discover.project import discover
from cycleguard.errors import BaselineError, TargetError
from cycleguard.files import write_text
from cycleguard.gate.baseline import (
    Baseline,
    check_growth,
    format_baseline,
    parse_baseline,
    pruned,
    stale_issues,
)
from cycleguard.gate.identity import module_of
from cycleguard.gate.judge import holding, judge, place_of, to_allow
from cycleguard.gate.policy import Everything, Policies
from cycleguard.gate.revision import Checkout, checkout_of_merge_base
from cycleguard.model.issues import Judgement
from cycleguard.model.survey import Survey
from cycleguard.options import Options


class Surveyed(Struct, frozen=True):
    """What is there, what matters of it, and where the baseline lies or would lie."""

    survey: Survey
    policies: Policies
    config: Config
    baseline: Path
    judged_whole: bool


class Change(Struct, frozen=True):
    """What became of a baseline file: how many entries it has, and how many it had."""

    path: Path
    before: int
    after: int


def look(targets: Sequence[Path], options: Options, baseline: Path | None = None) -> Surveyed:
    """Analyse `targets`; `baseline` is the file to use instead of the configured one.

    Raises:
        TargetError, ConfigError: as `pipeline.analyse`.
    """
    targets = targets or (Path(),)
    survey, config = survey_targets(targets, options)
    path = baseline or Path(config.folder or survey.analysis.root, config.baseline)
    home = os.path.realpath(path.parent)
    covered = [os.path.realpath(target) for target in targets]
    whole = any(Path(home).is_relative_to(folder) for folder in covered)
    if not whole:
        config = replace(config, layers=_known_layers(config, survey))
    policies = Policies(config, survey.analysis.root)
    return Surveyed(survey, policies, config, path, whole)


def everything(surveyed: Surveyed) -> Judgement:
    """All that the rules can find, whatever policy and baseline say.

    Raises:
        ConfigError: a layer names no module.
    """
    survey = surveyed.survey
    return judge(survey, Everything(surveyed.config, survey.analysis.root))


def check(surveyed: Surveyed, *, must_exist: bool = False) -> Judgement:
    """Judge by policy and baseline; `must_exist` is true where the user named the baseline.

    Raises:
        BaselineError: the baseline cannot be read, or is none, or is not there.
        ConfigError: a layer names no module.
    """
    survey, policies = surveyed.survey, surveyed.policies
    shown = shorten(surveyed.baseline, Path.cwd())
    baseline = _read(surveyed.baseline, shown)
    if baseline is None:
        if must_exist:
            raise BaselineError(f"{shown}: no such file: --write-baseline makes one")
        return judge(survey, policies)
    if baseline.is_conflicted:
        raise BaselineError(
            f"{shown}: git has left a conflict in it: cycleguard check --prune-baseline solves it"
        )
    judgement = judge(survey, policies, baseline.counts, shown)
    path = os.path.relpath(surveyed.baseline, survey.analysis.root).replace(os.sep, "/")
    judged = _judged(surveyed, baseline)
    stale = stale_issues(baseline, holding(survey, policies), judged, path)
    return replace(judgement, issues=tuple(sorted((*judgement.issues, *stale), key=place_of)))


def check_since(
    surveyed: Surveyed, targets: Sequence[Path], revision: str, options: Options
) -> Judgement:
    """Judge by policy and by what the merge base with `revision` held already.

    Raises:
        RevisionError: git cannot give that revision.
        ConfigError: a layer names no module.
    """
    named = [Path(os.path.realpath(target)) for target in targets or (Path(),)]
    with checkout_of_merge_base(revision, named[0]) as checkout:
        older = _older(surveyed.config, named, checkout, options)
        by = f"the merge base with {revision} ({checkout.shown})"
        allowed = holding(older, _older_policy(surveyed, older)) if older else Counter[str]()
    return judge(surveyed.survey, surveyed.policies, allowed, by)


def write_baseline(surveyed: Surveyed) -> Change:
    """Write down what is there now. What lies outside the targets stays as it was.

    Raises:
        BaselineError: there is one already, and it would grow; or it is none.
        OutputError: the file cannot be written.
    """
    shown = shorten(surveyed.baseline, Path.cwd())
    old = _read(surveyed.baseline, shown)
    counts = to_allow(surveyed.survey, surveyed.policies)
    if old is not None:
        judged = _judged(surveyed, old)
        kept = {key: n for key, n in old.counts.items() if module_of(key) not in judged}
        counts = Counter({**counts, **kept})
        check_growth(old.counts, counts, shown)
    write_text(surveyed.baseline, format_baseline(counts))
    return Change(surveyed.baseline, len(old.counts) if old else 0, len(+counts))


def prune_baseline(surveyed: Surveyed) -> Change:
    """Take out of the baseline what no longer holds; both sides of a conflict are read as one.

    Raises:
        BaselineError: there is none, or it is none.
        OutputError: the file cannot be written.
    """
    shown = shorten(surveyed.baseline, Path.cwd())
    old = _read(surveyed.baseline, shown)
    if old is None:
        raise BaselineError(f"{shown}: no such file: there is nothing to prune")
    there = holding(surveyed.survey, surveyed.policies)
    counts = pruned(old.counts, there, _judged(surveyed, old))
    text = format_baseline(counts)
    if old.is_conflicted or counts != old.counts:
        write_text(surveyed.baseline, text)
    return Change(surveyed.baseline, len(old.counts), sum(n > 0 for n in counts.values()))


def _read(path: Path, shown: str) -> Baseline | None:
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise BaselineError(f"{shown}: cannot be read: {reason}") from error
    return parse_baseline(text, shown)


def _judged(surveyed: Surveyed, baseline: Baseline) -> frozenset[str]:
    """The modules of a baseline that this run can speak for: read ones, and those that are gone."""
    survey = surveyed.survey
    unread = {each.module for each in survey.unread}
    known = frozenset(survey.modules)
    named = {module for key in baseline.counts if (module := module_of(key))}
    return frozenset(
        module
        for module in named - unread
        if module in survey.targets
        or (module not in known and (surveyed.judged_whole or _was_within(module, survey)))
    )


def _was_within(module: str, survey: Survey) -> bool:
    """Whether a module that is gone was in a package that was asked for."""
    return module.rpartition(".")[0] in survey.targets


def _older(
    config: Config, named: Sequence[Path], checkout: Checkout, options: Options
) -> Survey | None:
    twins = [checkout.twin(path) for path in named if path.is_relative_to(checkout.repository)]
    folder = Path(os.path.realpath(config.folder)) if config.folder else None
    if folder and folder.is_relative_to(checkout.repository):
        config = replace(config, folder=str(checkout.twin(folder)))
    there = [path for path in twins if path.exists()]
    try:
        project = discover(there, config, checkout.folder)
    except TargetError:  # all of it is new
        return None
    return survey_project(project, config, options) if there else None


def _older_policy(surveyed: Surveyed, older: Survey) -> Policies:
    config = replace(surveyed.config, layers=_known_layers(surveyed.config, older))
    return Policies(config, older.analysis.root)


def _known_layers(config: Config, survey: Survey) -> tuple[tuple[str, ...], ...]:
    """The layers without the names of modules that these files do not have."""
    known = frozenset(survey.modules)
    tops = {module.partition(".")[0] for module in known}
    return tuple(
        tuple(n for n in names if n in known or any(f"{top}.{n}" in known for top in tops))
        for names in config.layers
    )
