from logstream.model.limits import TELL_AGAIN_S
from logstream.model.seldom import Seldom


def test_what_happens_all_the_time_is_told_now_and_then() -> None:
    seldom = Seldom()
    told_at_s = [
        now_s for now_s in range(1000, 1000 + 3 * int(TELL_AGAIN_S)) if seldom.is_due(now_s)
    ]
    assert told_at_s == [1000, 1000 + TELL_AGAIN_S, 1000 + 2 * TELL_AGAIN_S]
