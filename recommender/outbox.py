"""Commands that leave for Redis together: one round trip where each alone would take its own."""

from collections.abc import Callable
from typing import Any

from redis import Redis

Command = tuple[str | bytes | int, ...]


class Outbox:
    """What one answer leaves in Redis beside itself; lost where Redis is away, as a cache is."""

    def __init__(self) -> None:
        self._commands: list[Command] = []
        self._listeners: list[Callable[[Any], None] | None] = []

    def add(self, *command: str | bytes | int, told: Callable[[Any], None] | None = None) -> None:
        """Put in one command; `told` gets its result once it has arrived."""
        self._commands.append(command)
        self._listeners.append(told)

    def send(self, client: Redis) -> None:
        """Send all commands in order and empty the box.

        Raises:
            RedisError: one of them failed.
        """
        commands, listeners = self._commands, self._listeners
        self._commands, self._listeners = [], []
        with client.pipeline(transaction=False) as line:
            for command in commands:
                line.execute_command(*command)  # type: ignore[no-untyped-call]
            results = line.execute()
        for told, result in zip(listeners, results, strict=True):
            if told is not None:
                told(result)
