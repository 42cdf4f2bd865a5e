"""Lists: what ``filter``, ``sort``, ``limit`` and ``offset`` make of them, and their pages' links.

A filter is one or more conditions, joined by ``,`` (or) and ``;`` (and, which binds closer):

- ``field=value``: the field is exactly this;
- ``field=@part``: the field contains this, in upper or lower case; a ``*`` stands for anything, so
  that ``=@*part*`` is the same, and ``hosting=@*:mysite`` asks for a colon before ``mysite``.

A ``,`` or ``;`` that no ``field=`` follows is part of the value. A field is named by its path in
the item, as ``application.uuid``; an object with an id, like ``hosting``, stands for its id.
``sort`` is a comma-separated list of fields, each with ``-`` before it to descend.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from logstream.api.hal import Address, Link, Links
from logstream.api.refusal import Refusal
from logstream.model.limits import (
    API_CONDITIONS_MAX,
    API_QUERY_MAX_CHARS,
    LIST_ITEMS_MAX,
    LIST_OFFSET_MAX,
)

_FIELD: Final = r"[A-Za-z_][A-Za-z0-9_-]*(?:\.[A-Za-z_][A-Za-z0-9_-]*)*"
_OR: Final = re.compile(rf",(?={_FIELD}=)")
_AND: Final = re.compile(rf";(?={_FIELD}=)")
_CONDITION: Final = re.compile(rf"({_FIELD})=(@?)(.*)", re.DOTALL)
_SORT_FIELD: Final = re.compile(rf"(-?)({_FIELD})")
_NUMBER: Final = re.compile(r"[0-9]{1,10}")

_Scalar = str | int | float | bool | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a request wants of a list, as the query says it; nothing in it is checked yet."""

    filter: str | None = None
    sort: str | None = None
    limit: str | None = None
    offset: str | None = None

    def query(self) -> dict[str, str]:
        """Give the query's parameters that are there."""
        given = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in given.items() if value is not None}


class Pagination(msgspec.Struct, frozen=True, kw_only=True):
    """Which part of a list a page is.

    Attributes:
        total: How many items pass the filter.
        limit: How many a page has at the most.
        offset: How many are before this page.
    """

    total: int
    limit: int
    offset: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a list, and where the rest is."""

    items: list[Any]
    pagination: Pagination
    links: Links


def page(items: Sequence[Any], wanted: Wanted, *, address: Address, path: str, parent: str) -> Page:
    """Make the page of ``items`` that is wanted.

    Args:
        items: All items, as structs whose encoded form the client knows.
        wanted: What the query says.
        address: Where the API is.
        path: The list's own path.
        parent: The path of what the list belongs to.

    Raises:
        Refusal: Something in the query makes no sense; its message says what.
    """
    limit = _number("limit", wanted.limit, least=1, most=LIST_ITEMS_MAX, default=LIST_ITEMS_MAX)
    offset = _number("offset", wanted.offset, least=0, most=LIST_OFFSET_MAX, default=0)
    chosen = list(items)
    if wanted.filter is not None or wanted.sort is not None:
        rows = [(_fields(item), item) for item in items]
        known = frozenset().union(*(fields for fields, _ in rows)) if rows else None
        if wanted.filter is not None:
            passes = _parse_filter(wanted.filter, known)
            rows = [row for row in rows if passes(row[0])]
        if wanted.sort is not None:
            # The last field first: Python's sort keeps the order of equal items.
            for field, descends in reversed(_parse_sort(wanted.sort, known)):
                rows.sort(key=lambda row: _sort_key(row[0].get(field)), reverse=descends)
        chosen = [item for _, item in rows]
    return Page(
        items=chosen[offset : offset + limit],
        pagination=Pagination(total=len(chosen), limit=limit, offset=offset),
        links=_links(
            wanted, address, path, parent=parent, total=len(chosen), limit=limit, offset=offset
        ),
    )


def _links(
    wanted: Wanted, address: Address, path: str, *, parent: str, total: int, limit: int, offset: int
) -> Links:
    query = wanted.query()

    def at(new_offset: int) -> Link:
        return address.link(path, {**query, "limit": str(limit), "offset": str(new_offset)})

    links = {"self": address.link(path, query)}
    for parameter in ("sort", "filter", "limit", "offset"):
        links[parameter] = address.template(path, parameter)
    if offset + limit < total:
        links["next"] = at(offset + limit)
    if offset > 0:
        links["prev"] = at(max(0, min(offset, total) - limit))
    links["parent"] = address.link(parent)
    return links


def _number(name: str, text: str | None, *, least: int, most: int, default: int) -> int:
    if text is None:
        return default
    number = int(text) if _NUMBER.fullmatch(text) else -1
    if not least <= number <= most:
        raise Refusal(400, f"{name} must be a whole number from {least} to {most}.")
    return number


def _fields(item: Any) -> dict[str, _Scalar]:
    """Flatten an item to its scalar fields by path; an object with an id stands for its id too."""
    found: dict[str, _Scalar] = {}

    def add(prefix: str, value: Mapping[str, Any]) -> None:
        for name, inner in value.items():
            path = f"{prefix}{name}"
            if name.startswith("_") or isinstance(inner, list):
                continue
            if isinstance(inner, Mapping):
                for identity in ("id", "uuid"):
                    if identity in inner:
                        found[path] = inner[identity]
                        break
                add(f"{path}.", inner)
            else:
                found[path] = inner

    add("", msgspec.to_builtins(item))
    return found


_Passes = Callable[[Mapping[str, _Scalar]], bool]


def _parse_filter(text: str, known: frozenset[str] | None) -> _Passes:
    _check_length("filter", text)
    alternatives = [
        [_parse_condition(condition, known) for condition in _AND.split(alternative)]
        for alternative in _OR.split(text)
    ]
    if sum(map(len, alternatives)) > API_CONDITIONS_MAX:
        raise Refusal(400, f"filter may have at most {API_CONDITIONS_MAX} conditions.")
    return lambda fields: any(
        all(condition(fields) for condition in alternative) for alternative in alternatives
    )


def _parse_condition(text: str, known: frozenset[str] | None) -> _Passes:
    parts = _CONDITION.fullmatch(text)
    if parts is None:
        raise Refusal(400, "filter must be field=value or field=@*part*.")
    field, contains, value = parts.groups()
    _check_known("filter", field, known)
    if not contains:
        return lambda fields: _text(fields.get(field)) == value
    pieces = [piece for piece in value.casefold().split("*") if piece]
    return lambda fields: _contains_in_order(_text(fields.get(field)).casefold(), pieces)


def _contains_in_order(text: str, pieces: Sequence[str]) -> bool:
    at = 0
    for piece in pieces:
        at = text.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return True


def _parse_sort(text: str, known: frozenset[str] | None) -> list[tuple[str, bool]]:
    _check_length("sort", text)
    wanted = text.split(",")
    if len(wanted) > API_CONDITIONS_MAX:
        raise Refusal(400, f"sort may have at most {API_CONDITIONS_MAX} fields.")
    fields: list[tuple[str, bool]] = []
    for part in wanted:
        parsed = _SORT_FIELD.fullmatch(part)
        if parsed is None:
            raise Refusal(400, "sort must be field or -field, separated by commas.")
        _check_known("sort", parsed[2], known)
        fields.append((parsed[2], bool(parsed[1])))
    return fields


def _check_length(name: str, text: str) -> None:
    if len(text) > API_QUERY_MAX_CHARS:
        raise Refusal(400, f"{name} may have at most {API_QUERY_MAX_CHARS} characters.")


def _check_known(name: str, field: str, known: frozenset[str] | None) -> None:
    # An empty list has no items to know fields from: nothing is wrong then.
    if known is not None and field not in known:
        shown = ", ".join(sorted(path for path in known if "." not in path))
        raise Refusal(400, f"{name}: there is no field {field!r} here; there are {shown}.")


def _text(value: _Scalar) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _sort_key(value: _Scalar) -> tuple[int, float, str]:
    """Order missing values first, then numbers, then text as a person would."""
    if value is None:
        return (0, 0.0, "")
    if isinstance(value, int | float):
        return (1, float(value), "")
    return (2, 0.0, value.casefold())
