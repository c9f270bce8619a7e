"""What can be wrong with a request: each message says what happened, where, and what to do.

Raised by `config` and the stages, caught once by `cli`, which prints ``error: <message>`` and exits
with `exit_code`. Trouble with a single file is no exception but a `Skipped`.
"""


class CycleguardError(Exception):
    """The request cannot be carried out."""

    exit_code = 2


class ConfigError(CycleguardError):
    """The configuration is not valid."""


class TargetError(CycleguardError):
    """A path given on the command line cannot be analysed."""


class ChangedError(CycleguardError):
    """A file has gone, or has other contents, since it was read."""


class BaselineError(CycleguardError):
    """A baseline cannot be read, or may not be written."""


class RevisionError(CycleguardError):
    """An older revision cannot be compared with."""


class OutputError(CycleguardError):
    """A report cannot be written."""


class InterpreterError(CycleguardError):
    """The interpreter that is to import the code cannot do that."""


class ApplyError(CycleguardError):
    """Files cannot be changed, or not taken back; the message says in which state they are."""
