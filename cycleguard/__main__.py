"""``python -m cycleguard``."""

from cycleguard.cli import main

if __name__ == "__main__":
    main(prog_name="cycleguard")
