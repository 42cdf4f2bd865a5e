"""Many people on a web site: a plain concurrent HTTP client that knows what it was answered."""

import http.client
import time
import uuid
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

REQUEST_MAX_S = 30.0
OWN_ID_EVERY = 5
"""Every so manieth request of a person brings an id of its own, as a browser panel's do."""


@dataclass(frozen=True)
class Answer:
    """What one request got.

    Attributes:
        path: What was asked for.
        request_id: The id that the balancer gave it, or passed on.
        status: The HTTP status.
    """

    path: str
    request_id: str
    status: int


@dataclass
class Load:
    """Requests that are being made.

    Attributes:
        answers: What came so far, from all people.
    """

    answers: list[Answer] = field(default_factory=list)
    people: list["Future[None]"] = field(default_factory=list)

    def wait_for(self, count: int) -> None:
        """Wait until ``count`` answers have come.

        Raises:
            OSError, HTTPException: A person was not answered.
            TimeoutError: No answer came for a while.
        """
        deadline_s = time.monotonic() + REQUEST_MAX_S
        while len(self.answers) < count:
            for person in self.people:
                if person.done():
                    person.result()
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{len(self.answers)} answers of {count}")
            time.sleep(0.01)


@contextmanager
def load_on(port: int, paths: Sequence[str], *, count: int, people: int) -> Iterator[Load]:
    """Make ``count`` requests for the paths in turn, by ``people`` at the same time.

    Each person keeps one connection. The context ends when all were answered.
    """
    load = Load()
    with ThreadPoolExecutor(people) as pool:
        for person in range(people):
            theirs = range(count * person // people, count * (person + 1) // people)
            load.people.append(pool.submit(_visit, port, paths, theirs, load.answers))
        yield load
        load.wait_for(count)


def _visit(port: int, paths: Sequence[str], numbers: range, answers: list[Answer]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=REQUEST_MAX_S)
    try:
        for visit, number in enumerate(numbers):
            path = paths[number % len(paths)]
            own = {"X-Request-ID": f"ac-ls-ce-{uuid.uuid4()}"} if visit % OWN_ID_EVERY == 0 else {}
            connection.request("GET", path, headers={"User-Agent": 'Mozilla/5.0 "x" é', **own})
            response = connection.getresponse()
            response.read()
            request_id = response.getheader("X-Request-ID") or ""
            answers.append(Answer(path, request_id, response.status))
    finally:
        connection.close()
