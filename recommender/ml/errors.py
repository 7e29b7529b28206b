"""Errors whose message is for the person at the command line: what is wrong, and what to do."""


class UsageError(Exception):
    """Bad input: a file, a folder or an option; the message names it and says what to do."""


class ConfigError(UsageError):
    """A TOML config that cannot be used."""


class ArtifactError(UsageError):
    """A model directory, or a file in it, that is missing, broken or of another kind."""


class TrainingError(UsageError):
    """Training cannot start or go on."""
