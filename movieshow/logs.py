"""Structured logs: one JSON object a line in production, coloured lines under DEBUG."""

import logging.config
import re

import structlog

# What opens something to whoever reads it in an address.
SECRET_IN_PATH = re.compile(
    r"(?<=/password/reset/key/)[^/\s]+|(?<=/confirm-email/)[^/\s]+|(?<=/night/join/)[^/\s]+"
    r"|(?<=/lists/shared/)[^/\s]+|(?<=/api/v1/lists/)[^/\s]+"
)

# What every event is given, ours and that of the standard library's loggers.
SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
]


def hide_secrets(
    _logger: object, _method: str, event_dict: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """Leave secret parts of addresses out of messages: Django names the path it refused."""
    message = event_dict.get("event")
    if isinstance(message, str):
        event_dict["event"] = SECRET_IN_PATH.sub("...", message)
    return event_dict


def build_logging(*, level: str, is_console: bool) -> None:
    """Configure structlog and the standard library's loggers to share one renderer.

    Raises:
        ValueError: `level` is not a logging level's name.
    """
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": _list_renderers(is_console=is_console),
        "foreign_pre_chain": SHARED_PROCESSORS,
    }
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"structured": formatter},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
            "root": {"handlers": ["stderr"], "level": level.upper()},
        }
    )
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _list_renderers(*, is_console: bool) -> list[structlog.typing.Processor]:
    """Return what makes a line of a finished event: colours to look at, or JSON to keep."""
    first = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, hide_secrets]
    if is_console:
        return [*first, structlog.dev.ConsoleRenderer()]
    return [*first, structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
