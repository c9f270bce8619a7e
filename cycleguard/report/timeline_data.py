"""The answers of `cycleguard explain` as plain data: docs/explain.md. Keys may be added."""

import json

import msgspec

from cycleguard.model.timeline import (
    CycleStory,
    Deferred,
    Explanation,
    ImportStory,
    ModuleStory,
    Story,
    Timeline,
)
from cycleguard.report.data import SCHEMA_VERSION, Json, cycle_data, finding_data
from cycleguard.report.timeline_words import moment_words, why


def explanation_to_json(explanation: Explanation) -> str:
    """The answer as JSON text in ASCII, indented."""
    data = {
        "schema_version": SCHEMA_VERSION,
        "root": ".",
        "stories": [_story(story) for story in explanation.stories],
    }
    return msgspec.json.format(json.dumps(data), indent=2) + "\n"


def _story(story: Story) -> Json:
    if isinstance(story, ModuleStory):
        return {
            "kind": "module",
            "module": story.timeline.entry,
            "timeline": _timeline(story.timeline),
        }
    return _import(story) if isinstance(story, ImportStory) else _cycle(story)


def _import(story: ImportStory) -> Json:
    return {
        "kind": "import",
        "place": msgspec.to_builtins(story.place),
        "import": finding_data(story.finding) if story.finding else None,
        "deferred": _deferred(story.deferred) if story.deferred else None,
        "hoist": _timeline(story.hoist) if story.hoist else None,
        "timeline": _timeline(story.timeline) if story.timeline else None,
        "failing": list(story.failing),
        "entries": story.entries,
    }


def _deferred(deferred: Deferred) -> Json:
    return {
        "function": deferred.function,
        "module": deferred.module,
        "has_finished": deferred.has_finished,
        "timeline": _timeline(deferred.timeline) if deferred.timeline else None,
        "also": list(deferred.also),
    }


def _cycle(story: CycleStory) -> Json:
    return {
        "kind": "cycle",
        "cycle": cycle_data(story.cycle),
        "entries": msgspec.to_builtins(story.entries),
        "timeline": _timeline(story.timeline),
    }


def _timeline(timeline: Timeline) -> Json:
    data: Json = msgspec.to_builtins(timeline)
    data["moments"] = [
        {"t": number, **msgspec.to_builtins(moment), "text": moment_words(moment, timeline)}
        for number, moment in enumerate(timeline.moments, 1)
    ]
    data["why"] = why(timeline)
    return data
