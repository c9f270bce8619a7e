"""`cycleguard explain`: from what was typed to the stories that reports show."""

from pathlib import Path

from cycleguard.errors import TargetError
from cycleguard.explain.cycles import story_of_cycle
from cycleguard.explain.imports import story_of_local, story_of_top_level
from cycleguard.explain.stage import Stage
from cycleguard.explain.targets import (
    LineTarget,
    NameTarget,
    PathTarget,
    find_by_name,
    find_by_path,
    parse_target,
    statements_at,
)
from cycleguard.model.findings import Decision, Finding
from cycleguard.model.timeline import CycleStory, Explanation, ModuleStory, Story
from cycleguard.pipeline import Examined, Options, Resolved, examine, facts_are_no_garbage, resolve

_MOST_CYCLES_LISTED = 6


def explain(typed: str, where: Path, options: Options | None = None) -> Explanation:
    """Answer about a module, an import or a cycle.

    Args:
        typed: a module (dotted name, file or folder), ``path.py:LINE``, or the id of a cycle.
        where: the folder in which dotted names and cycles are looked up.
        options: how files are read.

    Raises:
        TargetError: there is no such thing, or it cannot be analysed.
        ConfigError: the configuration is broken.
    """
    target = parse_target(typed, where)
    with facts_are_no_garbage():
        read = where if isinstance(target, NameTarget) else target.path
        resolved = resolve([read], options)
        return Explanation(resolved.project.root, _stories(target, resolved))


def _stories(target: LineTarget | PathTarget | NameTarget, resolved: Resolved) -> tuple[Story, ...]:
    if isinstance(target, LineTarget):
        return _stories_of_line(target, resolved)
    if isinstance(target, PathTarget):
        module = find_by_path(resolved, target.path)
        return (ModuleStory(Stage(resolved).timeline(module.name)),)
    is_module = any(module.name == target.name for module in resolved.project.modules)
    if target.may_be_cycle and not is_module:
        return (_story_of_cycle(target, resolved),)
    module = find_by_name(resolved, target)
    return (ModuleStory(Stage(resolved).timeline(module.name)),)


def _story_of_cycle(target: NameTarget, resolved: Resolved) -> CycleStory:
    examined = examine(resolved)
    cycles = {cycle.id: cycle for cycle in examined.analysis.cycles}
    if target.name in cycles:
        return story_of_cycle(Stage(resolved), examined, cycles[target.name])
    where = "the current folder" if target.where == Path() else str(target.where)
    known = list(cycles)[:_MOST_CYCLES_LISTED]
    more = ", ..." if len(cycles) > len(known) else ""
    there = f"there are {', '.join(known)}{more}" if known else "there is none at all"
    raise TargetError(f"no cycle {target.name} in {where}: {there}; --in PATH says where to look")


def _stories_of_line(target: LineTarget, resolved: Resolved) -> tuple[Story, ...]:
    module = find_by_path(resolved, target.path)
    facts = resolved.facts[module.name]
    found = statements_at(facts.imports, target)
    stage = Stage(resolved)
    examined: Examined | None = None
    stories: list[Story] = []
    for statement in found:
        if statement.is_local or statement.is_dynamic:
            examined = examined or examine(resolved)
            finding = next(
                each
                for each in examined.analysis.findings
                if each.resolved.importer == module.name and each.resolved.statement is statement
            )
            stories.append(story_of_local(stage, examined, _planned(resolved, finding)))
        else:
            stories.append(story_of_top_level(stage, module.name, statement))
    return tuple(stories)


def _planned(resolved: Resolved, finding: Finding) -> Finding:
    """With what would move, where that is the decision."""
    if finding.decision not in (Decision.RELOCATE, Decision.SPLIT):
        return finding
    # What moves definitions needs LibCST: other answers do without.
    from cycleguard.plan.preview import (  # noqa: PLC0415  # cycleguard: leave[start-up time]
        with_plans,
    )

    return with_plans(resolved, [finding])[0]
