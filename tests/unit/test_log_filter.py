"""The filter for log records: what it masks, what it leaves alone, that it is never in the way.

What other libraries really log is looked at in ``tests/security``; here are the shapes.
"""

import io
import json
import logging
import logging.config
import logging.handlers
import queue
import sys
from collections.abc import Iterator
from typing import Any

import hpack
import pytest

from dtz_dastra_auth import CredentialFilter
from unit.table_log_texts import MASKED, ORDINARY, UUID


def record(
    message: object, *args: Any, name: str = "a.library", exc_info: Any = None
) -> logging.LogRecord:
    return logging.LogRecord(name, logging.DEBUG, __file__, 1, message, args, exc_info)


def filtered(given: logging.LogRecord) -> logging.LogRecord:
    assert CredentialFilter().filter(given) is True
    return given


def shown(given: logging.LogRecord) -> str:
    return logging.Formatter().format(given)


def raised(error: Exception, cause: Exception | None = None) -> Any:
    """Give what `sys.exc_info` says of an error."""
    try:
        raise error from cause
    except type(error):
        return sys.exc_info()


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_a_credential_is_masked(text: str, masked: str) -> None:
    assert filtered(record(text)).getMessage() == masked


@pytest.mark.parametrize("text", [masked for _, masked in MASKED])
def test_a_masked_text_stays_as_it_is(text: str) -> None:
    assert filtered(record(text)).getMessage() == text


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert filtered(record(text)).getMessage() == text


def test_a_record_without_a_credential_is_not_touched() -> None:
    information = raised(ValueError("wrong"))
    given = record("%s of %d", "one", 2, exc_info=information)
    given.stack_info = "Stack (most recent call last):"
    before = dict(vars(given))
    assert vars(filtered(given)) == before
    assert given.exc_info is information


def test_a_credential_that_is_put_together_from_arguments_is_masked() -> None:
    given = filtered(record("%s: %s after 100 %%", "X-API-KEY", "pr1v"))
    assert (given.msg, given.args) == ("X-API-KEY: *** after 100 %", ())
    assert given.getMessage() == "X-API-KEY: *** after 100 %"


def test_what_is_not_a_text_is_masked_as_the_text_it_makes() -> None:
    assert filtered(record(ValueError(f"apikey-{UUID}"))).getMessage() == "apikey-***"
    assert filtered(record("%r", {"password": "p"})).getMessage() == "{'password': '***'}"
    named = record("%(password)s %(key)s", {"password": "p", "key": f"apikey-{UUID}"})
    assert filtered(named).getMessage() == "p apikey-***"


@pytest.mark.parametrize(
    "block", ["Encoded header block to %s", "Decoding %s"], ids=["encoded", "decoded"]
)
def test_a_block_of_compressed_headers_is_masked_in_hpack_alone(block: str) -> None:
    coded = hpack.Encoder().encode([(b"x-api-key", b"private-key")])
    assert b"private-key" not in coded
    assert filtered(record(block, coded, name="hpack.hpack")).getMessage() == block % "***"
    assert filtered(record(block, coded)).getMessage() == block % coded


def test_the_installed_hpack_shows_nothing_through_the_filter(
    caplog: pytest.LogCaptureFixture,
) -> None:
    headers = [(b"x-api-key", b"private-key"), (b"authorization", b"Bearer 0paque-token")]
    caplog.handler.addFilter(CredentialFilter())
    with caplog.at_level(logging.DEBUG, "hpack"):
        encoder = hpack.Encoder()
        decoded = hpack.Decoder().decode(encoder.encode(headers, huffman=False), raw=True)
        encoder.header_table_size = 0
        encoder.encode([])
    caplog.handler.filters.clear()
    assert [tuple(each) for each in decoded] == headers
    assert "x-api-key" in caplog.text
    assert "private-key" not in caplog.text
    assert "0paque-token" not in caplog.text


# --- Exceptions and stacks ----------------------------------------------------------------------


def test_an_exception_with_a_credential_is_kept_as_masked_text() -> None:
    cause = ValueError(f"/v1?apiKey=apikey-{UUID}&a=1")
    given = filtered(record("failed", exc_info=raised(OSError("Bearer 0paque"), cause)))
    assert given.exc_info is None
    text = shown(given)
    assert text.startswith("failed\nValueError: /v1?apiKey=***&a=1\n")
    assert "Traceback (most recent call last):" in text
    assert text.endswith("OSError: Bearer ***")


def test_what_another_handler_made_of_an_exception_is_masked() -> None:
    given = record("failed", exc_info=raised(OSError("Bearer 0paque")))
    assert "0paque" in shown(given)
    assert "0paque" not in shown(filtered(given))
    assert given.exc_info is None


def test_an_exception_is_masked_though_another_handler_made_a_harmless_text_of_it() -> None:
    given = record("failed", exc_info=raised(OSError("Bearer 0paque")))
    given.exc_text = "OSError"
    assert shown(filtered(given)) == "failed\nOSError"
    assert given.exc_info is None


def test_an_exception_that_is_there_as_text_alone_is_masked() -> None:
    given = record("failed")
    given.exc_text = "OSError: Bearer 0paque"
    assert shown(filtered(given)) == "failed\nOSError: Bearer ***"


def test_a_stack_is_masked() -> None:
    given = record("here")
    given.stack_info = f'  File "x.py", line 1\n    DtzApiKey("apikey-{UUID}")'
    assert shown(filtered(given)) == 'here\n  File "x.py", line 1\n    DtzApiKey("apikey-***")'


# --- It never gets in the way -------------------------------------------------------------------


class Unprintable:
    """What no text can be made of."""

    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "given",
    [
        record("%d apikey-1", "one"),
        record("%s %s apikey-1", "one"),
        record("%(name)s apikey-1", {"other": 1}),
        record(Unprintable()),
        record("%s apikey-1", Unprintable()),
    ],
)
def test_a_message_that_cannot_be_formatted_is_left_to_logging(given: logging.LogRecord) -> None:
    before = (given.msg, given.args)
    given.stack_info = "password='p'"
    filtered(given)
    assert (given.msg, given.args) == before
    assert given.stack_info == "password='***'"


@pytest.mark.parametrize("information", [True, (1, 2), "apikey-1"])
def test_what_is_no_exception_is_left_to_logging(information: Any) -> None:
    given = filtered(record("X-API-KEY: pr1v", exc_info=information))
    assert given.exc_info is information
    assert given.getMessage() == "X-API-KEY: ***"


def test_a_record_with_parts_missing_passes() -> None:
    given = record("X-API-KEY: pr1v")
    del given.exc_text, given.stack_info, given.exc_info
    assert filtered(given).getMessage() == "X-API-KEY: ***"


def test_an_exception_without_a_text_passes() -> None:
    class Wordless(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert "Wordless" in shown(filtered(record("failed", exc_info=raised(Wordless()))))


# --- How it is put to use -----------------------------------------------------------------------


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """Give what a handler of the root logger writes, which has the filter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(CredentialFilter())
    logging.getLogger().addHandler(handler)
    yield stream
    logging.getLogger().removeHandler(handler)


def test_on_a_handler_it_sees_the_records_of_every_logger(stream: io.StringIO) -> None:
    logging.getLogger("some.library.below").warning("X-API-KEY: %s", "pr1v")
    assert stream.getvalue() == "X-API-KEY: ***\n"


def test_two_filters_are_as_good_as_one(stream: io.StringIO) -> None:
    [handler] = [each for each in logging.getLogger().handlers if each.filters]
    handler.addFilter(CredentialFilter())
    logging.getLogger("some.library").warning("%s: 100 %%", f"apikey-{UUID}")
    assert stream.getvalue() == "apikey-***: 100 %\n"


def test_it_works_on_a_handler_that_hands_records_to_another_thread() -> None:
    handed: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
    handler = logging.handlers.QueueHandler(handed)
    handler.addFilter(CredentialFilter())
    handler.handle(record("X-API-KEY: %s", "pr1v", exc_info=raised(OSError("Bearer 0paque"))))
    text = shown(handed.get_nowait())
    assert text.startswith("X-API-KEY: ***\n")
    assert "0paque" not in text


def test_a_configuration_can_name_it(stream: io.StringIO) -> None:
    configuration = {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"credentials": {"()": "dtz_dastra_auth.CredentialFilter"}},
        "handlers": {
            "kept": {
                "class": "logging.handlers.MemoryHandler",
                "capacity": 10,
                "filters": ["credentials"],
            }
        },
        "loggers": {"configured.here": {"handlers": ["kept"], "propagate": False}},
    }
    logger = logging.getLogger("configured.here")
    logging.config.dictConfig(json.loads(json.dumps(configuration)))
    [handler] = logger.handlers
    assert isinstance(handler, logging.handlers.MemoryHandler)
    logger.warning("X-API-KEY: pr1v")
    assert [each.getMessage() for each in handler.buffer] == ["X-API-KEY: ***"]
    logger.removeHandler(handler)
    handler.close()


def test_it_takes_no_arguments() -> None:
    with pytest.raises(TypeError):
        CredentialFilter("urllib3")  # type: ignore[call-arg]
