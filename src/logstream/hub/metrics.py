"""The hub's counters in the text form that Prometheus reads."""

from collections.abc import Mapping


def render(counters: Mapping[str, int], gauges: Mapping[str, int]) -> bytes:
    """Give the body of ``/metrics``.

    Args:
        counters: Name → a number that only grows.
        gauges: Name → a number as it is now.
    """
    lines = [f"logstream_{name}_total {value}" for name, value in sorted(counters.items())]
    lines += [f"logstream_{name} {value}" for name, value in sorted(gauges.items())]
    return "".join(f"{line}\n" for line in lines).encode()
