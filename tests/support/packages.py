"""Random packages: every form of statement that matters to importing, in every sort of order.

Each name that a module asks another one for is defined there, so that only order can fail. A
package is a mapping of paths to sources; the same seed gives the same package on every Python.
"""

from random import Random

from tests.support.generate.layout import make_plan
from tests.support.generate.module import write_module

Package = dict[str, str]


def random_package(seed: int) -> Package:
    """The files of the package `seed`."""
    plan = make_plan(Random(seed))
    order = plan.random.sample(plan.units, len(plan.units))
    files = {unit.path: write_module(plan, unit) for unit in order if not unit.is_namespace}
    return dict(sorted(files.items()))
