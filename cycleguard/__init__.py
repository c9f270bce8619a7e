"""cycleguard: finds circular, function-local and dynamic imports, and says what to do about each.

Nothing heavy is imported here, so that ``import cycleguard.runtime`` stays cheap.
"""

__version__ = "0.1.0"
