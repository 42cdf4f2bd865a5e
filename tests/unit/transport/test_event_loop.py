import asyncio
import logging

import pytest
import uvloop

from logstream.transport.event_loop import new_event_loop, run


def test_the_result_is_given_and_the_loop_is_uvloop() -> None:
    async def main() -> type:
        return type(asyncio.get_running_loop())

    assert run(main()) is uvloop.Loop


def test_an_error_passes_through() -> None:
    async def main() -> None:
        raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        run(main())


def test_without_uvloop_it_is_asyncios_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "uvloop", None)
    loop = new_event_loop()
    assert not isinstance(loop, uvloop.Loop)
    loop.close()


def test_only_a_peer_that_left_during_its_tls_handshake_goes_unreported(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = new_event_loop()
    with caplog.at_level(logging.ERROR):
        loop.call_exception_handler({"message": "left", "exception": ConnectionResetError})
        loop.call_exception_handler({"message": "ours", "exception": ValueError("x")})
        loop.call_exception_handler({"message": "odd"})
    loop.close()
    assert [record.message for record in caplog.records] == ["ours", "odd"]
