"""The client alone: from ready-made frames on a socket to text in a pipe."""

import subprocess
import sys
from collections.abc import Mapping, Sequence

from measuring import HERE, LOGSTREAM, Flow, Row, directory, flow, peer, process, rate
from services import cloud_api_for

COUNT, PEER_COUNT = 800_000, 200_000


def measure() -> list[Row]:
    """Compare ``logstream tail`` with a client on the `websockets` library."""
    words = [LOGSTREAM, "tail", "bench", "dev", "--no-reconnect"]
    with peer("hub_stand_in.py") as (_, url), directory() as state:
        with cloud_api_for(state, url) as api:
            ours = {
                "client, base wire to a pipe": _flow(words, COUNT, api.env),
                "the same with --color": _flow([*words, "--color"], COUNT, api.env),
                "the same with -c server text": _flow(
                    [*words, "-c", "server", "text"], COUNT, api.env
                ),
                "the same with --show": _flow([*words, "--show", "text=Mozilla"], COUNT, api.env),
            }
        command = [sys.executable, str(HERE / "peers/websockets_client.py"), url]
        theirs = _flow(command, PEER_COUNT, {})
    beside = f"`websockets` client {rate(theirs.per_s)}, {theirs.cost}"
    reach = {"client, base wire to a pipe": "500 k; 4"}
    return [
        Row(
            name,
            rate(each.per_s),
            each.cost,
            beside,
            f"{each.per_s / theirs.per_s:.1f}",
            reach.get(name, ""),
        )
        for name, each in ours.items()
    ]


def _flow(command: Sequence[str], count: int, env: Mapping[str, str]) -> Flow:
    with process(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
        assert client.stdout is not None
        return flow(client.stdout, count, {"client": client.pid})
