"""The stories of imports: what happens where they stand, when they run, and higher up."""

from cycleguard.explain.stage import Stage
from cycleguard.model.edges import Timing
from cycleguard.model.findings import Finding, Outcome, Step
from cycleguard.model.imports import ImportStatement
from cycleguard.model.timeline import Deferred, ImportStory, Timeline
from cycleguard.pipeline import Examined
from cycleguard.simulate.entries import simulate_entries
from cycleguard.simulate.run import as_program
from cycleguard.simulate.timeline import Hoist
from cycleguard.simulate.watching import runs_at_import_time


def story_of_local(stage: Stage, examined: Examined, finding: Finding) -> ImportStory:
    """An import in a function, or a call that imports."""
    statement = finding.resolved.statement
    if statement.function is None:
        return story_of_top_level(stage, finding.resolved.importer, statement, finding)
    place = stage.place(finding.resolved.importer, statement)
    never_runs = statement.timing is Timing.TYPING
    deferred = None if never_runs else _deferred(stage, statement, place)
    hoist = _hoist(stage, examined, finding, place)
    return ImportStory(place, finding, deferred=deferred, hoist=hoist)


def story_of_top_level(
    stage: Stage, module: str, statement: ImportStatement, finding: Finding | None = None
) -> ImportStory:
    """An import at module level, or in the body of a class there."""
    place = stage.place(module, statement)
    if statement.timing is Timing.TYPING:
        return ImportStory(place, finding)
    results = simulate_entries(stage.world, stage.names)
    failing = tuple(
        name
        for name in stage.names
        if (error := results[name].error) is not None
        and any((frame.module, frame.line) == (module, place.line) for frame in error.chain)
    )
    entry = module if module in failing or not failing else failing[0]
    timeline = stage.timeline_of(entry, place)
    entries = len(stage.names)
    return ImportStory(place, finding, timeline=timeline, failing=failing, entries=entries)


def _deferred(stage: Stage, statement: ImportStatement, place: Step) -> Deferred:
    runs = runs_at_import_time(stage.world, stage.names, (place.module, place.line))
    if not runs:
        return Deferred(statement.scope, place.module)
    first = runs[0]
    timeline = stage.timeline_of(first.entry, place)
    also = tuple(sorted({run.entry for run in runs} - {first.entry}))
    return Deferred(statement.scope, place.module, first.has_finished, timeline, also)


def _hoist(stage: Stage, examined: Examined, finding: Finding, place: Step) -> Timeline | None:
    """What was tried by the analysis, told from the entry that the analysis names."""
    statement = finding.resolved.statement
    key = (place.module, statement.line, statement.column)
    tried = examined.simulated.hoists.get(key)
    if tried is None or tried.outcome is Outcome.UNTESTED:
        return None
    hoist = Hoist(place.module, as_program(statement))
    return stage.timeline_of_hoist(tried.entry or place.module, hoist, place)
