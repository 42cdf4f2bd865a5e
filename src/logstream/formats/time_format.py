"""How an operator says that stamps are written: a name, or directives as those of ``strptime``.

    iso8601   clf   unix   unix_ms   unix_us   unix_ns   apache_error   php   syslog
    %Y-%m-%d %H:%M:%S,%f   %d/%b/%Y:%H:%M:%S %z   %b %d %I:%M:%S %p

Unlike ``strptime``: names of months are English whatever the locale, ``%f`` takes any number of
digits, ``%s`` is Unix seconds, a second may be 60, and a space stands for one or more. A format
without a year gives the latest year that is not in the future, as for syslog.
"""

import re
from collections.abc import Callable
from datetime import date as calendar_date
from datetime import timedelta, tzinfo
from typing import Final

from logstream.errors import ConfigError
from logstream.formats.times import (
    MONTHS,
    UNIX_TIME_END_S,
    StampCache,
    YearlessParts,
    YearlessStamps,
    apache_error_time,
    clf_time,
    iso_time,
    php_time,
    unix_stamp,
    unix_time_of,
    zone_named,
)
from logstream.model.limits import STAMP_MAX_CHARS

ReadTime = Callable[[str, float], float | None]
"""Takes a stamp and the Unix time now; gives the stamp's Unix time."""

_NAMED: Final[dict[str, Callable[[str, tzinfo], float | None]]] = {
    "iso8601": iso_time,
    "clf": clf_time,
    "apache_error": apache_error_time,
    "php": php_time,
}
_UNITS: Final = {"unix": 0, "unix_ms": 3, "unix_us": 6, "unix_ns": 9}
"""For stamps that count since 1970: which power of ten of a second they count."""
_YEARLESS: Final = "syslog"
TIME_FORMAT_NAMES: Final = (*_NAMED, *_UNITS, _YEARLESS)

_SHAPES: Final = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{1,2}", "d": "[0-9]{1,2}", "e": " ?[0-9]{1,2}",
    "j": "[0-9]{1,3}", "b": "[A-Za-z]{3,9}", "a": "[A-Za-z]{2,9}", "H": "[0-9]{1,2}",
    "k": " ?[0-9]{1,2}", "I": "[0-9]{1,2}", "l": " ?[0-9]{1,2}", "M": "[0-9]{2}",
    "S": "[0-9]{2}", "f": "[0-9]{1,30}", "p": "[AaPp][Mm]", "z": "Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2}",
    "Z": "[A-Za-z0-9+:/_-]{1,40}", "s": "[0-9]{1,12}",
}  # fmt: skip
_SAME_AS: Final = {"B": "b", "h": "b", "A": "a"}
_COMPOSED: Final = {
    "T": "%H:%M:%S", "R": "%H:%M", "D": "%m/%d/%y", "F": "%Y-%m-%d", "r": "%I:%M:%S %p",
    "n": "\n", "t": "\t",
}  # fmt: skip
_PIECE: Final = re.compile(r"%(.?)|([^%]+)", re.DOTALL)
_UNIX: Final = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,30}))?")
_SPECIAL: Final = re.compile(r"[\\.^$*+?()\[\]{}|-]")
_HOURS_PER_HALF: Final = 12
_CENTURY_PIVOT: Final = 69
"""POSIX: two digits from 69 on are years of the last century."""
_A_YEAR_WITH_29_FEBRUARY: Final = 2000


class TimeFormat:
    """One way to write a time.

    Args:
        written: One of ``TIME_FORMAT_NAMES``, or directives.
        is_part: Whether it may lack the date or the hour.

    Attributes:
        shape: An RE2 pattern without groups that a stamp matches, for what writes it by machine.

    Raises:
        ConfigError: It is no known name and has a directive that is unknown, or no date.
    """

    def __init__(self, written: str, *, is_part: bool = False) -> None:
        self.written = written
        self.shape = ".*?"
        self._fields: dict[str, int] = {}
        self._stamp: re.Pattern[str] | None = None
        if written not in TIME_FORMAT_NAMES:
            self._compile()
            if not is_part:
                self._check()

    def reader(self, zone: tzinfo) -> ReadTime:
        """Make what reads stamps; those that name no zone are in ``zone``.

        It remembers the stamps that it read last, so it is not shared between threads.
        """
        if self.written == _YEARLESS:
            return self._yearless(YearlessStamps(zone))
        if self._stamp is not None and not {"Y", "y", "s"} & self._fields.keys():
            return self._yearless(YearlessStamps(zone, self._parts))
        stamps = StampCache(self._read_one(zone))
        return lambda stamp, _: stamps[stamp] if len(stamp) <= STAMP_MAX_CHARS else None

    def _yearless(self, stamps: YearlessStamps) -> ReadTime:
        def read(stamp: str, now_s: float) -> float | None:
            return stamps.read(stamp, now_s=now_s) if len(stamp) <= STAMP_MAX_CHARS else None

        return read

    def _read_one(self, zone: tzinfo) -> Callable[[str], float | None]:
        if self._stamp is not None:
            return lambda stamp: self._read(stamp, zone)
        if self.written in _UNITS:
            power = _UNITS[self.written]
            return lambda stamp: _unix_time(stamp, power)
        named = _NAMED[self.written]
        return lambda stamp: named(stamp, zone)

    # --- directives ------------------------------------------------------------------------------

    def _compile(self) -> None:
        stamp, shape = "", ""
        for directive, literal in _pieces(self.written):
            if literal:
                piece = re.sub(" +", "[ ]+", escaped(literal))
                stamp, shape = stamp + piece, shape + piece
                continue
            if directive not in _SHAPES:
                raise ConfigError(
                    f"the time format {self.written!r} has %{directive}, which is not known:"
                    f" use {', '.join(f'%{known}' for known in _SHAPES)},"
                    f" or one of the names {', '.join(TIME_FORMAT_NAMES)}"
                )
            shape += f"(?:{_SHAPES[directive]})"
            if directive in self._fields:
                stamp += f"(?:{_SHAPES[directive]})"
            else:
                self._fields[directive] = len(self._fields) + 1
                stamp += f"({_SHAPES[directive]})"
        self.shape = shape
        self._stamp = re.compile(stamp)

    def _check(self) -> None:
        has = self._fields.keys()
        if "s" in has:
            return
        if not has:
            raise ConfigError(
                f"{self.written!r} is no time format: give directives, as %Y-%m-%d %H:%M:%S,"
                f" or one of the names {', '.join(TIME_FORMAT_NAMES)}"
            )
        has_date = ("j" in has and ("Y" in has or "y" in has)) or (
            ("m" in has or "b" in has) and ("d" in has or "e" in has)
        )
        if not has_date:
            raise ConfigError(
                f"the time format {self.written!r} has no date: it needs %d with %m or %b,"
                " or %j with %Y, or %s"
            )
        if not {"H", "k", "I", "l"} & has:
            raise ConfigError(f"the time format {self.written!r} has no hour: it needs %H or %I")
        if {"I", "l"} & has and "p" not in has:
            raise ConfigError(
                f"the time format {self.written!r} has %I without %p: mornings and evenings would"
                " be the same"
            )

    def _values(self, stamp: str) -> dict[str, str] | None:
        found = self._stamp.fullmatch(stamp) if self._stamp is not None else None
        if found is None:
            return None
        return {field: found[group] for field, group in self._fields.items()}

    def _read(self, stamp: str, zone: tzinfo) -> float | None:
        values = self._values(stamp)
        if values is None:
            return None
        fraction = values.get("f")
        if "s" in values:
            return _unix_time(f"{values['s']}.{fraction or 0}", 0)
        clock = _clock(values)
        if clock is None:
            return None
        return unix_time_of(_date(values), clock, _nine(fraction), _zone(values, zone))

    def _parts(self, stamp: str, zone: tzinfo) -> YearlessParts | None:
        values = self._values(stamp)
        clock = None if values is None else _clock(values)
        if values is None or clock is None:
            return None
        _, month, day = _date(values)
        return YearlessParts(month, day, clock, _nine(values.get("f")), _zone(values, zone))


def escaped(literal: str) -> str:
    """Give the pattern that matches just this text, in RE2 and in Python."""
    return _SPECIAL.sub(r"\\\g<0>", literal)


def _pieces(written: str) -> list[tuple[str, str]]:
    """Take a format apart into (directive, "") and ("", literal)."""
    pieces: list[tuple[str, str]] = []
    for directive, literal in _PIECE.findall(written):
        if literal or directive == "%":
            pieces.append(("", literal or "%"))
        elif directive in _COMPOSED:
            pieces += _pieces(_COMPOSED[directive])
        else:
            pieces.append((_SAME_AS.get(directive, directive), ""))
    return pieces


def _date(values: dict[str, str]) -> tuple[int, int, int]:
    """Give year, month and day; what is no date has a month or day that no calendar has."""
    if "Y" in values:
        year = int(values["Y"])
    elif "y" in values:
        year = int(values["y"])
        year += 1900 if year >= _CENTURY_PIVOT else 2000
    else:
        year = _A_YEAR_WITH_29_FEBRUARY
    day = values.get("d") or values.get("e")
    if day is None:
        return _day_of_year(year, int(values["j"]))
    month = int(values["m"]) if "m" in values else MONTHS.get(values["b"][:3].title(), 0)
    return year, month, int(day)


def _day_of_year(year: int, day: int) -> tuple[int, int, int]:
    try:
        found = calendar_date(year, 1, 1) + timedelta(days=day - 1)
    except (ValueError, OverflowError):
        return year, 0, 0
    return (year, found.month, found.day) if found.year == year else (year, 0, 0)


def _clock(values: dict[str, str]) -> tuple[int, int, int] | None:
    hour = values.get("H") or values.get("k")
    if hour is not None:
        hours = int(hour)
    else:
        hours = int(values.get("I") or values["l"])
        if not 1 <= hours <= _HOURS_PER_HALF:
            return None
        hours = hours % _HOURS_PER_HALF + _HOURS_PER_HALF * (
            values["p"] in {"PM", "pm", "Pm", "pM"}
        )
    return hours, int(values.get("M", "0")), int(values.get("S", "0"))


def _zone(values: dict[str, str], zone: tzinfo) -> tzinfo | None:
    name = values.get("z") or values.get("Z")
    return zone if name is None else zone_named(name)


def _nine(fraction: str | None) -> str | None:
    """Give the digits down to the nanosecond: a float has no room for more."""
    return None if fraction is None else fraction[:9]


def _unix_time(stamp: str, power: int) -> float | None:
    """Read a number of seconds, or of a ``power`` of ten of them, since 1970."""
    if power == 0:
        found = _UNIX.fullmatch(stamp)
        return None if found is None else unix_stamp(found[0])
    if not (stamp.isascii() and stamp.isdigit()):
        return None
    # Written as decimals, so that no digit is lost to a division.
    digits = stamp.zfill(power + 1)
    time = float(f"{digits[:-power]}.{digits[-power:]}")
    return time if time < UNIX_TIME_END_S else None
