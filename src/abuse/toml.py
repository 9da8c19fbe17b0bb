"""TOML -> frozen dataclasses. An unknown key, a missing one or a wrong type is one clear line."""

from __future__ import annotations

import dataclasses
import tomllib
import types
import typing
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from abuse.errors import AbuseError, InputError

D = TypeVar("D")


class Reader:
    """Reads one file; its errors name the file and the key."""

    def __init__(self, where: str, fix: str, error: type[AbuseError] = InputError) -> None:
        self.where, self.fix, self.error = where, fix, error

    def load(self, path: Path) -> dict[str, Any]:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise self.wrong("file", f"no file {path}", "an existing TOML file") from None
        except OSError as why:
            raise self.wrong("file", f"{path} does not parse ({why})", "valid TOML") from None
        return self.parsed(content, str(path))

    def parsed(self, content: bytes, path: str) -> dict[str, Any]:
        try:
            return tomllib.loads(content.decode())
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
            raise self.wrong("file", f"{path} does not parse ({why})", "valid TOML") from None

    def wrong(self, key: str, found: str, wanted: str) -> AbuseError:
        return self.error(f"{self.where}: {key}", found, wanted, self.fix)

    def build(self, cls: type[D], table: dict[str, Any], at: str = "") -> D:
        """`cls` from a TOML table; nested dataclasses, dicts and tuples of them included."""
        hints = typing.get_type_hints(cls)
        fields = {f.name: f for f in dataclasses.fields(cls) if f.init}  # type: ignore[arg-type]
        for key in table:
            if key not in fields:
                near = get_close_matches(key, fields, n=1)
                hint = f"{near[0]} (did you mean it?)" if near else f"one of: {', '.join(sorted(fields))}"
                raise self.wrong(_join(at, key), "is not a known key", hint)
        values = {k: self.value(hints[k], v, _join(at, k)) for k, v in table.items()}
        for name, field in fields.items():
            has_default = field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
            if name not in values and not has_default:
                raise self.wrong(_join(at, name), "is missing", _words(hints[name]))
        try:
            return cls(**values)
        except ValueError as why:
            key, found, wanted = (str(a) for a in why.args)
            raise self.wrong(_join(at, key), f"is {found}", wanted) from None

    def value(self, hint: Any, value: Any, at: str) -> Any:
        """`value` as the hinted type, or an error that says what it should have been."""
        origin, args = typing.get_origin(hint), typing.get_args(hint)
        if origin in (types.UnionType, typing.Union):
            return self.value(next(a for a in args if a is not type(None)), value, at)
        if dataclasses.is_dataclass(hint) and isinstance(value, dict):
            return self.build(typing.cast("type[Any]", hint), value, at)
        if origin is dict and isinstance(value, dict):
            return {k: self.value(args[1], v, _join(at, k)) for k, v in value.items()}
        if origin is tuple and isinstance(value, (list, tuple)):
            return tuple(self.value(args[0], v, f"{at}[{i}]") for i, v in enumerate(value))
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if hint is not Any and type(value) is not hint:
            raise self.wrong(at, f"is {value!r}", _words(hint))
        return value


def _join(at: str, key: str) -> str:
    return f"{at}.{key}" if at else key


def _words(hint: Any) -> str:
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return _words(next(a for a in typing.get_args(hint) if a is not type(None)))
    if origin is tuple:
        return f"a list of {_words(typing.get_args(hint)[0])}"
    if origin is dict or dataclasses.is_dataclass(hint):
        return "a table"
    return names.get(hint, "a date and time with offset" if hint.__name__ == "datetime" else str(hint))
