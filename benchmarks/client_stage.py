"""The client alone: from ready-made frames on a socket to text in a pipe."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

from measuring import HERE, LOGSTREAM, Flow, Row, directory, flow, peer, process, rate
from services import cloud_api_for

COUNT, PEER_COUNT = 800_000, 200_000
EXTENDED_COUNT = 2_000_000
WORDS = [LOGSTREAM, "tail", "bench", "dev", "--no-reconnect"]
VARIANTS = {
    "`--color`": ["--color"],
    "`-c server text`": ["-c", "server", "text"],
    "`--show`": ["--show", "text=Mozilla"],
    "`-o json`": ["-o", "json"],
}
REACH = {
    "client, base wire to a pipe": "500 k; 4",
    "client, extended wire to a pipe": "1.5 M",
}


def measure() -> list[Row]:
    """Compare ``logstream tail`` with a client on the `websockets` library."""
    ours = {
        **_flows("plain", EXTENDED_COUNT, "client, extended wire to a pipe", VARIANTS),
        **_flows("zstd", EXTENDED_COUNT, "client, extended wire with zstd", {}),
        **_flows("base", COUNT, "client, base wire to a pipe", {}),
    }
    with peer("hub_stand_in.py", "base") as (_, url):
        command = [sys.executable, str(HERE / "peers/websockets_client.py"), url]
        theirs = _flow(command, PEER_COUNT, {})
    beside = f"`websockets` client {rate(theirs.per_s)}, {theirs.cost}"
    return [
        Row(
            name,
            rate(each.per_s),
            each.cost,
            beside,
            f"{each.per_s / theirs.per_s:.1f}",
            REACH.get(name, ""),
        )
        for name, each in ours.items()
    ]


def _flows(
    form: str, count: int, name: str, variants: Mapping[str, Sequence[str]]
) -> dict[str, Flow]:
    """Measure one wire: text alone, and some variants."""
    with (
        peer("hub_stand_in.py", form) as (_, url),
        directory() as state,
        cloud_api_for(state, url) as api,
    ):
        return {
            name: _flow(WORDS, count, api.env),
            **{
                f"the same, {variant}": _flow([*WORDS, *more], count // 4, api.env)
                for variant, more in variants.items()
            },
        }


def _flow(command: Sequence[str], count: int, env: Mapping[str, str]) -> Flow:
    with process(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        assert client.stdout is not None
        return flow(client.stdout, count, {"client": client.pid})
