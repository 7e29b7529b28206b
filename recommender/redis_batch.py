"""Commands that leave for Redis together: one round trip where each alone would take its own."""

from collections.abc import Callable
from typing import Any

from redis import Redis

Command = tuple[str | bytes | int, ...]


class RedisBatch:
    """What one answer leaves in Redis beside itself; lost where Redis is away, as a cache is."""

    def __init__(self) -> None:
        self._commands: list[Command] = []
        self._listeners: list[Callable[[Any], None] | None] = []

    def add(
        self, *command: str | bytes | int, on_result: Callable[[Any], None] | None = None
    ) -> None:
        """Put in one command; `on_result` gets its result once it has arrived."""
        self._commands.append(command)
        self._listeners.append(on_result)

    def send(self, client: Redis) -> None:
        """Send all commands in order and empty the batch.

        Raises:
            RedisError: one of them failed.
        """
        commands, listeners = self._commands, self._listeners
        self._commands, self._listeners = [], []
        with client.pipeline(transaction=False) as line:
            for command in commands:
                line.execute_command(*command)  # type: ignore[no-untyped-call]
            results = line.execute()
        for on_result, result in zip(listeners, results, strict=True):
            if on_result is not None:
                on_result(result)
