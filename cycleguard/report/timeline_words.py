"""What the moments of a timeline are in words, and why they are a problem or none."""

from collections import Counter

from cycleguard.model.cycles import CycleKind, Verdict
from cycleguard.model.findings import Outcome
from cycleguard.model.timeline import (
    Answer,
    Binding,
    CycleStory,
    Deferred,
    ImportStory,
    Kind,
    Moment,
    Need,
    State,
    Timeline,
)
from cycleguard.report.timeline_rows import waiting
from cycleguard.report.wording import count

_NAMES = 5


def moment_words(moment: Moment, timeline: Timeline) -> str:
    """What happens at a moment."""
    if moment.kind is Kind.START:
        return _start(moment, timeline.entry)
    if moment.kind is Kind.ASK:
        return _met(moment)
    if moment.kind is Kind.RUN:
        return f"{moment.asked} has finished before: there is nothing to wait for"
    if moment.kind is Kind.RAISE:
        return _not_met(moment)
    return _swallowed(moment)


def chain_words(moments: tuple[Moment, ...]) -> str:
    """What happens in a chain of modules of which each starts the next."""
    names = [moment.asked for moment in moments]
    listed = " -> ".join(names if len(names) <= _NAMES else (*names[:2], "...", *names[-2:]))
    return f"{len(names)} modules start, each waits for the next: {listed}"


def finished_words(ended: tuple[str, ...], others: int) -> str:
    """Which modules have finished; `ended` are those that waited, the outermost last."""
    loaded = (
        f"{others} {'other ' if ended else ''}{'module loads' if others == 1 else 'modules load'}"
    )
    if not ended:
        return f"{loaded} to the end"
    inner = len(ended) - 1
    within = f", and {count(inner, 'module')} that waited in it" if inner else ""
    return f"{ended[-1]} finishes{within}" + (f"; {loaded} to the end" if others else "")


def why(timeline: Timeline) -> str:
    """Why what a timeline shows is a problem, or is none."""
    if not timeline.is_reached:
        before = f" {_why(timeline)}" if timeline.outcome is not Outcome.OK else ""
        return f"it is not reached while {timeline.entry} is imported.{before}"
    if timeline.fails_later is not None:
        place = f"{timeline.fails_later.path}:{timeline.fails_later.line}"
        return f"{_why(timeline)}. Later the import of {timeline.entry} fails, at {place}"
    return _why(timeline)


def _why(timeline: Timeline) -> str:
    failed = next((m for m in reversed(timeline.moments) if m.kind is Kind.RAISE), None)
    if timeline.outcome is Outcome.OK:
        return _why_ok(timeline)
    if timeline.outcome is Outcome.UNKNOWN:
        return _why_unknown(timeline)
    lost = failed or next((m for m in timeline.moments if m.kind is Kind.SWALLOW), None)
    if timeline.outcome is Outcome.SILENT:
        reason = _order(lost) if lost else "an error is caught"
        is_star = lost is not None and lost.need is Need.STAR
        how = "A star import takes what is there" if is_star else "The error is caught"
        return f"silent: {reason}. {how}, so nobody hears of it"
    return f"crash: {_order(failed) if failed else timeline.message}. Nobody catches the error"


def deferred_words(deferred: Deferred) -> str:
    """When an import in a function runs, and where, if that is at import time."""
    if deferred.timeline is None:
        function, module = deferred.function, deferred.module
        return f"runs when {function} is called; by then {module} has finished"
    moments = deferred.timeline.moments
    called = next((m.called_at for m in moments if m.called_at), None)
    is_met_half_way = any(moment.kind in (Kind.ASK, Kind.RAISE) for moment in moments)
    early = "not complete: " if is_met_half_way or not deferred.has_finished else ""
    where = f" here: {called.path}:{called.line}" if called else ""
    return f"{early}{deferred.function} is called at import time{where}"


def failing_words(story: ImportStory) -> str:
    """From how many entries an import at module level fails, if only to be caught further up."""
    modules = count(story.entries, "module")
    number = str(len(story.failing) or "none")
    meets = "meet" if len(story.failing) > 1 else "meets"
    return f"imported first, {number} of the {modules} {meets} an error here"


def cycle_words(story: CycleStory) -> str:
    """Why a cycle is what its verdict says."""
    verdict, kind = story.cycle.verdict, story.cycle.component.kind
    so, modules = f"so the verdict is {verdict}", count(len(story.entries), "module")
    if verdict is not Verdict.BENIGN:
        number = sum(entry.outcome == _FAILED[verdict] for entry in story.entries)
        if not number:
            return f"{so}: importing {story.timeline.entry} first comes to this"
        return f"{so}: {number} of its {modules} come{'s' * (number == 1)} to this as first import"
    if any(entry.outcome is not Outcome.OK for entry in story.entries):
        return f"{so}: what fails in it does not fail for want of another of its modules"
    fine = f"{so}: from whichever of its {modules} the import begins, none lacks another"
    if kind is CycleKind.EAGER:
        return f"{fine} when it needs it"
    later = "for type checkers only" if kind is CycleKind.TYPING else "when functions are called"
    return f"{fine}; the circle is closed {later}"


_FAILED = {
    Verdict.CRASH: Outcome.CRASH,
    Verdict.SILENT: Outcome.SILENT,
    Verdict.UNKNOWN: Outcome.UNKNOWN,
}


def _start(moment: Moment, entry: str) -> str:
    if moment.at is None:
        first = "it is imported first"
        package = f"importing {entry} imports the package above it first"
        return f"{moment.asked} starts: {first if moment.asked == entry else package}"
    return f"{waiting(moment)} waits here, half-way; {moment.asked} starts"


def _met(moment: Moment) -> str:
    return f"{_request(moment)}. Fine: {_reason(moment)}"


def _request(moment: Moment) -> str:
    asked, name = moment.asked, moment.name
    how_far = _HOW_FAR[moment.state]
    if moment.state is State.HALF_WAY and moment.waits_at is not None:
        how_far = f"half-way, {_line(moment.waits_at)}"
    if moment.need is Need.OBJECT or name is None:
        return f"asks for {asked} ({how_far})"
    if moment.need is Need.STAR:
        return f"takes all that {asked} ({how_far}) has"
    if moment.need is Need.GLOBAL:
        return f"reads {name}, a global name of {asked} ({how_far})"
    if moment.need is Need.ATTRIBUTE:
        return f"reads {name} of {asked} ({how_far})"
    return f"asks {asked} ({how_far}) for {name}"


_HOW_FAR = {
    State.HALF_WAY: "half-way",
    State.FINISHED: "finished",
    State.ABSENT: "not there",
}


def _reason(moment: Moment) -> str:
    if moment.need is Need.OBJECT:
        later = "; nothing is read from it before it has finished" if moment.is_used_later else ""
        return f"only the module itself is needed{later}"
    if moment.need is Need.STAR:
        return "all names that it will ever bind are bound"
    if moment.answer is Answer.SUBMODULE:
        return "that sub-module has finished"
    if moment.answer is Answer.FALLBACK:
        return "its __getattr__, or what it takes over from outside, gives that name"
    binding = moment.binding
    if binding is None:
        return "it is bound"
    is_own = binding.module == moment.asked
    where = f"line {binding.line}" if is_own else f"{binding.path}:{binding.line}"
    return f"{where} has bound it"


def _line(number: int) -> str:
    return f"at line {number}" if number else "at its top"


def _not_met(moment: Moment) -> str:
    """Empty where the error says it all."""
    binding = moment.binding
    if moment.binding_kind is Binding.COVERED and binding is not None:
        return f"takes {moment.asked}, a sub-module, for what line {binding.line} binds:"
    if not moment.asked or moment.name is None:
        return ""
    if moment.binding_kind is Binding.SUBMODULE:
        stands = "is half-way:" if binding else "is not there"
        return f"{_request(moment)}, but that is a sub-module, which {stands}"
    if binding is None:
        return f"{_request(moment)}, which has no such name"
    if moment.binding_kind is Binding.STAR:
        return f"{_request(moment)}; perhaps line {binding.line} would bind it:"
    if moment.binding_kind is Binding.CONDITIONAL:
        return f"{_request(moment)}; line {binding.line} would bind it, under a condition:"
    if moment.waits_at is None or binding.line <= moment.waits_at:
        return f"{_request(moment)}; it is gone, though line {binding.line} binds it:"
    return f"{_request(moment)}; line {binding.line} would bind it:"


def _swallowed(moment: Moment) -> str:
    if moment.need is Need.STAR:
        line = f"; line {moment.binding.line} would bind it:" if moment.binding else ""
        return f"{_request(moment)}: {moment.name} is not among that{line}"
    if moment.failed:
        are = "is" if len(moment.failed) == 1 else "are"
        names = ", ".join(moment.failed)
        return f"takes the error away; {names} {are} dropped from sys.modules"
    lost = f" without {moment.name}" if moment.name else ""
    return f"takes the error away; {moment.asker} goes on{lost}"


def _order(moment: Moment) -> str:
    """The cause in one sentence."""
    asked, asker, name, binding = moment.asked, moment.asker, moment.name, moment.binding
    if moment.binding_kind is Binding.COVERED and binding is not None:
        where = f"what {binding.module} binds at line {binding.line}"
        return f"when the sub-module {asked} had finished, it took the place of {where}"
    if not name:
        return f"{moment.message}"
    if moment.binding_kind is Binding.SUBMODULE:
        return f"{asker} needs {asked}.{name} before that sub-module has finished"
    is_waiting = moment.state is State.HALF_WAY and moment.waits_at is not None
    if binding is None or not is_waiting or binding.line <= (moment.waits_at or 0):
        whose = f" of {asked}" if asked != asker else ""
        return f"{asker} needs {name}{whose}, which is not bound at that moment"
    stands = f"stands {_line(moment.waits_at or 0)}; only line {binding.line} binds it"
    if asked == asker:
        return f"{asker} needs {name}, but {stands}"
    return f"{asker} needs {name} of {asked}, which {stands}"


def _why_ok(timeline: Timeline) -> str:
    asks = [moment for moment in timeline.moments if moment.kind is Kind.ASK]
    if not asks and timeline.focus is not None:
        return _why_focus_ok(timeline)
    if not asks:
        loaded = "1 module loads" if timeline.loaded == 1 else f"{timeline.loaded} modules load"
        return f"ok: {loaded}, and nobody asks a half-way module for anything"
    counts = Counter[str]()
    for moment in asks:
        counts[_GETS[moment.answer]] += 1 + len(moment.alike)
    total = counts.total()
    if total == 1:
        return f"ok: the one request to a half-way module is met: it is {next(iter(counts))}"
    number = "both" if total == 2 else f"all {total}"
    all_of_them = f"ok: {number} requests to half-way modules are met"
    if len(counts) == 1:
        return f"{all_of_them}: each is {next(iter(counts))}"
    return f"{all_of_them}: {', '.join(f'{n} {reason}' for reason, n in counts.items())}"


def _why_focus_ok(timeline: Timeline) -> str:
    if timeline.moments and timeline.moments[-1].kind is Kind.RUN:
        return "ok: what it imports has finished by then"
    return "ok: nothing that it loads asks a half-way module for anything"


_GETS = {
    Answer.OBJECT: "for the module itself",
    Answer.BOUND: "for a name that was bound already",
    Answer.SUBMODULE: "for a sub-module that had finished",
    Answer.FALLBACK: "for a name that is given on demand",
}


def _why_unknown(timeline: Timeline) -> str:
    failed = next((m for m in reversed(timeline.moments) if m.kind is Kind.RAISE), None)
    if timeline.condition is not None:
        place = f"{timeline.condition.path}:{timeline.condition.line}"
        return f"unknown: whether it comes to this depends on a condition, such as that at {place}"
    if failed and timeline.error == "ModuleNotFoundError":
        return f"unknown: the project has no file for {failed.asked}; a build may make it"
    if failed and failed.name and not timeline.is_certain:
        return (
            f"unknown: no statement of {failed.asked} binds {failed.name}; "
            "somebody may set it from outside"
        )
    if timeline.error is None:
        return (
            "unknown: it runs code that refuses before something is set up, or an extension, "
            "which may import a half-way module"
        )
    return "unknown: it depends on a condition that the source does not decide"
