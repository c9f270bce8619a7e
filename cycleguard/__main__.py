"""``python -m cycleguard``, and the command ``cycleguard``."""

import sys

_INTERRUPTED = 130


def run() -> None:
    """Load the command line and run it."""
    try:
        # cycleguard: leave[Ctrl-C while the libraries load must not print a traceback]
        from cycleguard.cli import main  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)
    main(prog_name="cycleguard")


if __name__ == "__main__":
    run()
