"""A repair as data: `fix --format json`, docs/json.md."""

import msgspec

from cycleguard.model.plans import Edited, FixPlan, Left, Moved
from cycleguard.model.proposals import CycleEnd
from cycleguard.model.proposals import Proposal as Restructuring
from cycleguard.report.data import Json, moved_data
from cycleguard.report.diff import unified

_SCHEMA = 1


def plan_to_json(plan: FixPlan, *, is_applied: bool) -> str:
    """The whole repair; paths are relative to ``root``."""
    data = {
        "schema_version": _SCHEMA,
        "root": ".",
        "applied": is_applied,
        "summary": {
            "edits": len(plan.edited),
            "files": len(plan.changes),
            "left": len(plan.left),
            "rounds": plan.rounds,
            "actions": {str(action): number for action, number in plan.actions.items()},
            "unsafe": sum(each.applicability == "unsafe" for each in plan.edited),
        },
        "edits": [_edited(each) for each in plan.edited],
        "moved": [_moved(each) for each in plan.moved],
        "left": [_left(each) for each in plan.left],
        "moves": [_move(each) for each in plan.moves],
        "cycles": [_cycle(each) for each in plan.cycles],
        "files": [change.path for change in plan.changes],
        "diff": "".join(unified(plan.changes)).encode(errors="backslashreplace").decode(),
    }
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode() + "\n"


def _move(each: Restructuring) -> Json:
    return {
        "id": each.id,
        "action": str(each.action),
        "applicability": str(each.applicability),
        "moved": [moved_data(moved) for moved in each.moved],
        "created": [module.path for module in each.created],
        "redirected": list(each.redirected),
        "story": list(each.story),
        "remarks": list(each.remarks),
    }


def _cycle(each: CycleEnd) -> Json:
    return {
        "kind": each.kind,
        "modules": list(each.modules),
        "left": list(each.left),
        "stuck": [
            {
                "importer": stuck.importer,
                "imported": stuck.imported,
                "reason": {"code": str(stuck.held.hold), "text": stuck.held.text},
            }
            for stuck in each.stuck
        ],
        "cut_short": each.is_cut_short,
        "benign": each.is_benign,
        "crashes": [
            {
                "module": crash.module,
                "outcome": crash.outcome,
                "error": crash.error,
                "message": crash.message,
            }
            for crash in each.crashes
        ],
        "unknown": list(each.unknown),
        "imports": {
            "gone": [list(arc) for arc in each.gone],
            "added": [list(arc) for arc in each.added],
            "kept": [list(arc) for arc in each.kept],
        },
    }


def _edited(each: Edited) -> Json:
    return {
        "path": each.path,
        "line": each.line,
        "column": each.column,
        "module": each.module,
        "scope": each.scope,
        "statement": each.statement,
        "action": str(each.action),
        "applicability": str(each.applicability),
        "reason": {"code": each.code, "text": each.text},
        "names": list(each.names),
        "statements": list(each.statements),
        "renamed": [{"from": old, "to": new} for old, new in each.renamed],
        "comments": {"stale": list(each.stale), "doubtful": list(each.doubtful)},
        "round": each.round,
    }


def _moved(each: Moved) -> Json:
    return {
        "id": each.id,
        "action": str(each.action),
        "applicability": str(each.applicability),
        "title": each.title,
        "reason": {"code": each.code, "text": each.text},
        "files": list(each.files),
        "round": each.round,
    }


def _left(each: Left) -> Json:
    return {
        "path": each.path,
        "line": each.line,
        "column": each.column,
        "module": each.module,
        "scope": each.scope,
        "statement": each.statement,
        "by": str(each.by),
        "reason": {"code": each.code, "text": each.text},
        "needs_unsafe": each.needs_unsafe,
        "chain": [
            {"module": step.module, "path": step.path, "line": step.line, "text": step.text}
            for step in each.chain
        ],
    }
