"""What the project may import from other distributions, from its metadata.

In: `Metadata` of every project in scope. Out: `Dependencies`, read by `resolve` and `classify`: an
import of something that is not always installed must not be moved to where it always runs.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from cycleguard.config import Config
from cycleguard.discover.distributions import IMPORT_NAMES
from cycleguard.discover.metadata import Metadata
from cycleguard.model.modules import Dependencies

PYTHON_VERSIONS = tuple(f"3.{minor}" for minor in range(8, 21))
PLATFORM_VARIABLE = re.compile(
    r"\b(extra|extras|dependency_groups|os_name|sys_platform)\b|\b(platform|implementation)_"
)


def find_dependencies(declared: Iterable[Metadata], config: Config) -> Dependencies:
    """Merge the declarations; what one project always needs is required for all."""
    known = [metadata for metadata in declared if metadata.known]
    required: set[str] = set()
    every: set[str] = set()
    for metadata in known:
        required |= _always_needed(metadata)
        every |= {_name(r) for r in _parse((*metadata.required, *metadata.optional))}
    required_imports = _import_names(required, config)
    return Dependencies(
        known=bool(known),
        required=required_imports,
        optional=_import_names(every, config) - required_imports,
    )


def _always_needed(metadata: Metadata) -> set[str]:
    """Return the distributions that are needed on every platform and supported Python version.

    Several lines for one distribution, each for some Python versions, may add up to always.
    """
    markers: defaultdict[str, list[Marker | None]] = defaultdict(list)
    for requirement in _parse(metadata.required):
        markers[_name(requirement)].append(requirement.marker)
    versions = _supported(metadata.python)
    return {
        name
        for name, those in markers.items()
        if all(any(_applies(marker, version) for marker in those) for version in versions)
    }


def _parse(lines: Iterable[str]) -> Iterable[Requirement]:
    for line in lines:
        try:
            yield Requirement(line)
        except InvalidRequirement:
            continue


def _name(requirement: Requirement) -> str:
    return canonicalize_name(requirement.name)


def _supported(specifier: str) -> list[str]:
    try:
        accepted = SpecifierSet(specifier)
    except InvalidSpecifier:
        accepted = SpecifierSet()
    return [v for v in PYTHON_VERSIONS if accepted.contains(f"{v}.99")] or list(PYTHON_VERSIONS)


def _applies(marker: Marker | None, version: str) -> bool:
    if marker is None:
        return True
    if PLATFORM_VARIABLE.search(str(marker)):
        return False
    return marker.evaluate({"python_version": version, "python_full_version": f"{version}.99"})


def _import_names(distributions: Iterable[str], config: Config) -> frozenset[str]:
    added: defaultdict[str, list[str]] = defaultdict(list)
    for module, distribution in config.dependency_modules.items():
        added[canonicalize_name(distribution)].append(module)
    return frozenset(
        re.sub(r"[-.]", "_", name).lower()
        for distribution in distributions
        for name in (distribution, *IMPORT_NAMES.get(distribution, ()), *added[distribution])
    )
