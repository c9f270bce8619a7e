"""Imports that lead upwards, where the configuration says which modules stand above which."""

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from cycleguard.errors import ConfigError
from cycleguard.gate.identity import of_edge
from cycleguard.gate.ledger import Ledger
from cycleguard.gate.policy import Policies
from cycleguard.gate.vouched import vouched_lines
from cycleguard.model.edges import Edge
from cycleguard.model.findings import Step
from cycleguard.model.issues import Issue
from cycleguard.model.rules import RULES
from cycleguard.model.survey import Survey

_RULE = RULES["layers"]


class Place(Struct, frozen=True):
    """The layer of a module, counted from the top, and the name that puts it there."""

    layer: int
    name: str


def layer_issues(survey: Survey, policies: Policies, ledger: Ledger) -> Iterator[Issue]:
    """Imports that lead to a higher layer, or to another name of the same one.

    Raises:
        ConfigError: a name of the configuration is no module of the project.
    """
    vouched = vouched_lines(survey)
    seen: set[str] = set()
    for edge, above, below in upward(survey, policies.config.layers):
        identity = of_edge(_RULE.code, edge)
        if identity in seen or (edge.path, edge.line) in vouched:
            continue
        if policies.fails(_RULE.code, edge.path):
            seen.add(identity)
            if not ledger.allows(identity):
                yield _issue(edge, above, below, identity)


def upward(survey: Survey, layers: Sequence[Sequence[str]]) -> Iterator[tuple[Edge, Place, Place]]:
    """The edges that break the rule, with the places of importer and imported."""
    places = _places(survey.modules, layers)
    for edge in survey.edges if places else ():
        importer, imported = _place(edge.importer, places), _place(edge.imported, places)
        if importer and imported and edge.importer in survey.targets:
            if importer.layer >= imported.layer and importer.name != imported.name:
                yield edge, importer, imported


def _places(modules: Iterable[str], layers: Sequence[Sequence[str]]) -> dict[str, Place]:
    """The place of each name: a module, or one below each top-level package."""
    known = frozenset(modules)
    tops = sorted({module.partition(".")[0] for module in known}) if layers else []
    places: dict[str, Place] = {}
    for number, names in enumerate(layers):
        for name in names:
            meant = [name] if name in known else [f"{top}.{name}" for top in tops]
            found = [module for module in meant if module in known]
            if not found:
                raise ConfigError(
                    f"[tool.cycleguard] layers: there is no module '{name}'"
                    f" (nor one below {', '.join(tops)})"
                )
            places.update((module, Place(number, module)) for module in found)
    return places


def _place(module: str, places: dict[str, Place]) -> Place | None:
    while module:
        if module in places:
            return places[module]
        module = module.rpartition(".")[0]
    return None


def _issue(edge: Edge, importer: Place, imported: Place, identity: str) -> Issue:
    where = "beside" if importer.layer == imported.layer else "above"
    return Issue(
        rule=_RULE.code,
        level=_RULE.level,
        path=edge.path,
        line=edge.line,
        column=1,
        end_line=edge.line,
        module=edge.importer,
        statement=edge.statement,
        message=(
            f"{importer.name} may not import {imported.name}, which stands {where} it in the"
            " layers of the configuration"
        ),
        remedy=_RULE.remedy,
        steps=(Step(edge.importer, edge.path, edge.line, edge.statement),),
        identities=(identity,),
    )
