"""The command `fix`: the repair."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from msgspec import structs
from rich.console import Console

from cycleguard.apply.transaction import apply_changes
from cycleguard.apply.undo import journal_root
from cycleguard.cache import default_cache_path
from cycleguard.commands.shared import (
    cache_option,
    end_interrupted_change,
    format_option,
    jobs_option,
    options_shown,
    paths_argument,
    planning_shown,
    print_report,
    progress_option,
    shown_progress,
    write_report,
)
from cycleguard.model.edits import FileChange, Place
from cycleguard.model.findings import Action
from cycleguard.model.plans import Edited, FixPlan
from cycleguard.pipeline import Options, facts_are_no_garbage, resolve
from cycleguard.plan.lazily import LazyForm, lazily
from cycleguard.plan.plugging import plugged
from cycleguard.plan.proof import prove
from cycleguard.plan.rounds import ACTIONS_OF_FIX, Planned, Source, Wanted, plan_repair
from cycleguard.report.console import make_console
from cycleguard.report.fixed import edit_title, print_diff, print_summary
from cycleguard.report.fixed_data import plan_to_json
from cycleguard.verify.interpreter import find_python
from cycleguard.verify.run import Trial

_WOULD_CHANGE = 1


@click.command()
@paths_argument
@click.option("--apply", "applies", is_flag=True, help="Write the changes. Default: show them.")
@click.option(
    "--only",
    metavar="ACTION,...",
    callback=lambda context, parameter, value: _actions(value),
    help=f"Make these changes only: {', '.join(sorted(ACTIONS_OF_FIX))}. Or plugin, only if it is "
    "named: functions that import their plugin get `@plugin_method`.",
)
@click.option(
    "--unsafe",
    is_flag=True,
    help="Make changes too that work, but make a cycle of eager imports new or larger, and move "
    "definitions to other modules.",
)
@click.option(
    "--lazy",
    type=click.Choice([str(form) for form in LazyForm]),
    help="Make imports lazy that a cycle keeps in their functions: with `cycleguard.runtime`, or by"
    " the syntax of Python 3.15.",
)
@click.option(
    "--cycle",
    metavar="ID|all",
    default="",
    help="End this cycle of `scan`, or all, by moving definitions. Needs --unsafe.",
)
@click.option(
    "--shared-module",
    metavar="NAME",
    default="",
    help="How a new module is called. Default: for what it holds.",
)
@click.option("--interactive", "-i", is_flag=True, help="Ask about each change.")
@click.option(
    "--verify",
    "verifies",
    is_flag=True,
    help="Import every module of a changed copy with CPython first. THIS RUNS THE CODE.",
)
@click.option(
    "--python",
    metavar="PATH",
    help="The CPython of --verify, or the folder of its virtual environment.",
)
@click.option("--allow-dirty", is_flag=True, help="Change files that git has not all of.")
@format_option("text", "json")
@jobs_option
@cache_option
@progress_option
def fix(
    paths: tuple[Path, ...],
    applies: bool,
    only: frozenset[Action],
    unsafe: bool,
    lazy: str | None,
    cycle: str,
    shared_module: str,
    interactive: bool,
    verifies: bool,
    python: str | None,
    allow_dirty: bool,
    output_format: str,
    jobs: int | None,
    cache: bool,
    progress: bool,
) -> None:
    """Move the function-local imports below PATHS to the top, where that is safe.

    Shows a diff; writes nothing without --apply. Every module of the whole package is simulated as
    first import, with all changes together.

    Exit code 0: nothing to change, or all is written; 1: something would change; 2: error.
    """
    if cycle and not unsafe:
        raise click.UsageError("--cycle moves definitions to other modules: it needs --unsafe")
    if shared_module and not shared_module.isidentifier():
        raise click.BadParameter(f"'{shared_module}' cannot be the name of a module")
    end_interrupted_change(paths)
    trial = None
    if verifies:
        trial = Trial(find_python(python, os.environ), jobs or os.cpu_count() or 1)
    sources: tuple[Source, ...] = (lazily(LazyForm(lazy)),) if lazy else ()
    # Nobody wants that along with everything else: it has to be named.
    if Action.PLUGIN in only and only != frozenset(Action):
        sources += (plugged,)
    read = _Reading(paths or (Path(),), jobs, cache=cache, progress=progress)
    # Who wants cycles to end does not want new ones, where every entry imports all the same.
    wanted = Wanted(only, unsafe, may_grow=not cycle)
    planned = None
    # Edits come after moves, but for those that the user is asked for, or that others make.
    if not cycle or interactive or sources:
        planned = read.planned(wanted, sources)
        if interactive:
            planned = _asked(planned, wanted, lambda again: read.planned(again, sources))
    if unsafe:
        may_move = only == frozenset(Action)
        planned = _restructured(read, planned, wanted, may_move, (cycle, shared_module))
    assert planned is not None, "--cycle needs --unsafe"
    plan = planned.plan
    if trial is not None and plan.changes:
        tried = prove(planned, trial)
        click.echo(f"{tried} modules import from a changed copy as they did before", err=True)
    if applies and plan.changes:
        root = journal_root(Path(plan.root))
        changes = (_relative_to(root, plan.root, change) for change in plan.changes)
        applied = apply_changes(root, changes, allow_dirty=allow_dirty)
        for note in applied.notes:
            click.echo(note, err=True)
    _print(plan, output_format, is_applied=applies)
    click.get_current_context().exit(_WOULD_CHANGE if plan.changes and not applies else 0)


class _Reading:
    """A project, read once, for which plans are made as often as the user's answers change them."""

    def __init__(
        self, paths: tuple[Path, ...], jobs: int | None, *, cache: bool, progress: bool
    ) -> None:
        self._progress = progress
        with shown_progress(is_wanted=progress) as bar:
            options = options_shown(bar, jobs, default_cache_path() if cache else None)
            self.resolved = resolve(paths, options)
        self._jobs = options.jobs

    @contextmanager
    def told(self) -> Iterator[tuple[Callable[[str], None], Options]]:
        """A bar that says what is being done, and options that tell it how far that is."""
        with shown_progress(is_wanted=self._progress) as bar, facts_are_no_garbage():
            say, follow = planning_shown(bar)
            yield say, Options(self._jobs, following=follow)

    def planned(self, wanted: Wanted, sources: Sequence[Source]) -> Planned:
        """The edits for the project as it is."""
        with self.told() as (say, options):
            return plan_repair(self.resolved, wanted, say, sources, options)


def _restructured(
    read: _Reading,
    planned: Planned | None,
    wanted: Wanted,
    may_move: bool,
    names: tuple[str, str],
) -> Planned:
    """The plan with definitions moved; `names` are the cycle to end and that of new modules."""
    # What moves definitions needs LibCST: other commands do without.
    from cycleguard.plan.structure import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
        Structure,
        plan_structure,
    )

    with read.told() as (say, options):
        return plan_structure(
            read.resolved,
            planned,
            Structure(may_move, *names),
            lambda now, ends: plan_repair(now, wanted, say, (), options, ends),
            say,
        )


def _relative_to(root: Path, folder: str, change: FileChange) -> FileChange:
    """The change with its path relative to the folder of the journal."""
    path = Path(os.path.relpath(Path(os.path.realpath(folder)) / change.path, root)).as_posix()
    return FileChange(path, change.before, change.after)


def _actions(value: str | None) -> frozenset[Action]:
    """``hoist,redirect``."""
    if value is None:
        return frozenset(Action)
    names = [name.strip() for name in value.split(",") if name.strip()]
    known = {str(action) for action in (*ACTIONS_OF_FIX, Action.LAZY, Action.PLUGIN)}
    for name in names:
        if name not in known:
            raise click.BadParameter(f"no action '{name}': choose from {', '.join(sorted(known))}")
    if not names:
        raise click.BadParameter(f"name an action: {', '.join(sorted(known))}")
    return frozenset(Action(name) for name in names)


def _asked(planned: Planned, wanted: Wanted, planner: Callable[[Wanted], Planned]) -> Planned:
    """The plan without what the user declines: what rests on that goes too, so it is made anew."""
    console = make_console(is_error=True)
    accepted: set[tuple[str, Place]] = set()
    declined: set[tuple[str, Place]] = set()
    while True:
        pending = [each for each in planned.plan.edited if _at(each) not in accepted]
        for number, each in enumerate(pending, 1):
            answer = _answer(console, each, f"{number}/{len(pending)}")
            if answer == "a":
                accepted.update(_at(other) for other in pending[number - 1 :])
            elif answer == "q":
                declined.update(_at(other) for other in pending[number - 1 :])
            elif answer == "y":
                accepted.add(_at(each))
            else:
                declined.add(_at(each))
            if answer in ("a", "q"):
                break
        if not declined.intersection(_at(each) for each in planned.plan.edited):
            return planned
        again = structs.replace(wanted, declined=frozenset(declined))
        planned = planner(again)


def _answer(console: Console, edited: Edited, number: str) -> str:
    console.print(f"[{number}] {edited.path}:{edited.line} in {edited.scope}", soft_wrap=True)
    console.print(edit_title(edited), soft_wrap=True)
    console.print(f"{edited.text} ({edited.applicability})", soft_wrap=True)
    choice = click.Choice(["y", "n", "a", "q"])
    prompt = "change it? yes, no, all that follow, quit asking"
    found: str = click.prompt(prompt, type=choice, default="y", err=True)
    return found


def _at(edited: Edited) -> tuple[str, Place]:
    return edited.path, Place(edited.line, edited.column)


def _print(plan: FixPlan, output_format: str, *, is_applied: bool) -> None:
    if output_format == "json":
        write_report(plan_to_json(plan, is_applied=is_applied))
    elif is_applied:
        print_report(lambda console: print_summary(console, plan, is_applied=True))
    else:
        # The diff alone goes to standard output: it can be given to `git apply`.
        print_report(lambda console: print_diff(console, plan))
        print_summary(make_console(is_error=True), plan, is_applied=False)
