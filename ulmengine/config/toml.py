"""A run's description as a TOML file: written with its help as comments, read with errors in the person's words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from ulmengine.disk import bare_name, is_utf8, whole

from .corpus import CorpusConfig
from .fields import Section, bounds, declared
from .run import RunConfig

LARGEST = 256 << 20
"""Bytes of a description: room for some million documents left out, and no more than memory has."""


class ConfigError(ValueError):
    """A description that cannot be used; the message says which field, what is wrong and what is permitted."""


def load(path: Path | str, *, frozen: bool = False) -> RunConfig:
    """Read a description from ``path``.

    :param frozen: it is the one that a run was begun with, in which every setting of that time stands: one that is
        missing came later, and means what the run did without it.
    :raises ConfigError: the file is missing or empty, is no TOML, or holds a field or value that is not permitted.
    """
    source = Path(path)
    try:
        with source.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise ConfigError(f"{source}: is no description of a run (more than {LARGEST / 1e6:,.0f} MB large)")
        # With the byte-order mark that editors on Windows write, or without.
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(f"{source}: cannot be read ({error.strerror or error})") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: is not UTF-8 text (byte {error.start})") from error
    if not text.strip():  # and not a description in which everything is as usual: the program writes none such
        raise ConfigError(f"{source}: the file is empty, so it is damaged; bring it back from a backup")
    return loads(text, str(source), frozen=frozen)


def loads(text: str, where: str = "configuration", *, frozen: bool = False) -> RunConfig:
    """Read a description from TOML ``text``; ``where`` names it in errors, ``frozen`` is as in :func:`load`.

    :raises ConfigError: as :func:`load`.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not valid TOML: {error}") from error
    except RecursionError as error:
        raise ConfigError(f"{where}: not valid TOML: brackets are nested too deeply") from error
    if frozen:
        _fill_missing(values, RunConfig())
    return validate(values, where)


def validate(values: dict[str, Any], where: str = "configuration") -> RunConfig:
    """Check plain ``values`` (nested dicts) and turn them into a description.

    :raises ConfigError: as :func:`load`.
    """
    if isinstance(values.get("version"), int) and values["version"] > 1:
        raise ConfigError(f"{where}: written by a newer version of the program (format {values['version']}, "
                          "this one reads 1); update the program to open it")
    try:
        config = RunConfig.model_validate(values)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{where}: {_explain(item)}" for item in error.errors())) from error
    refuse_undecodable(config, where)
    return config


def refuse_undecodable(config: RunConfig, where: str) -> None:
    """See that ``config`` can be written: TOML is UTF-8, and a file's name may hold bytes that are none.

    :raises ConfigError: it cannot.
    """
    for name, (_, value) in difference(RunConfig(), config).items():
        if not is_utf8("".join(map(str, value)) if isinstance(value, tuple) else str(value)):
            raise ConfigError(f"{where}: {name} = {value!r}: is not UTF-8, in which a description is written; rename "
                              "what is called so")


def usual_for(corpus: Path) -> RunConfig:
    """The usual settings for a ``corpus``, by whose name it is called.

    :raises ConfigError: its name is not UTF-8.
    """
    config = RunConfig(name=bare_name(corpus.absolute()), corpus=CorpusConfig(path=str(corpus.resolve())))
    refuse_undecodable(config, str(corpus))
    return config


def dumps(config: RunConfig, comments: bool = False) -> str:
    """``config`` as TOML; with ``comments`` every field is preceded by its help, unit and range.

    :raises ConfigError: a name in it is not UTF-8.
    """
    refuse_undecodable(config, "configuration")
    document = tomlkit.document()
    _fill(document, config, comments)
    return tomlkit.dumps(document)


def save(config: RunConfig, path: Path | str, comments: bool = False) -> None:
    """Write ``config`` to ``path``, whole or not at all. :raises ConfigError: as :func:`dumps`."""
    text = dumps(config, comments)
    with whole(Path(path)) as beside:
        beside.write_text(text, encoding="utf-8", newline="\n")


def with_settings(config: RunConfig, settings: Iterable[str]) -> RunConfig:
    """``config`` with ``key=value`` settings applied: dotted keys (``classifier.lr=0.02``), TOML or plain-text values,
    lists with or without their brackets (``classifier.epochs=1,1,2``).

    :raises ConfigError: a setting without ``=``, an unknown key or a value that is not permitted.
    """
    values = config.model_dump(mode="json")
    for setting in settings:
        key, sep, raw = setting.partition("=")
        if not sep:
            raise ConfigError(f"--set {setting}: write it as key=value, for example classifier.lr=0.02")
        place: Any = values
        *outer, last = key.strip().split(".")
        for name in outer:
            place = place.get(name) if isinstance(place, dict) else None
        if not isinstance(place, dict) or last not in place or isinstance(place[last], dict):
            raise ConfigError(f"--set {setting}: there is no setting called {key.strip()!r}")
        place[last] = _values(raw.strip()) if isinstance(place[last], list) else _value(raw.strip())
    return validate(values, "--set")


def difference(first: Section, second: Section, prefix: str = "") -> dict[str, tuple[Any, Any]]:
    """The fields in which two descriptions differ: dotted name -> (value in ``first``, value in ``second``)."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in type(first).model_fields:
        one, two = getattr(first, name), getattr(second, name)
        if isinstance(one, Section) and isinstance(two, Section):
            found |= difference(one, two, f"{prefix}{name}.")
        elif one != two:
            found[prefix + name] = (one, two)
    return found


def _fill_missing(values: dict[str, Any], usual: Section) -> None:
    """Add to ``values`` the settings that did not exist when they were written and that change what is done."""
    for name, info in type(usual).model_fields.items():
        nested, before = getattr(usual, name), declared(info)["before"]
        if isinstance(nested, Section) and isinstance(values.get(name), dict):
            _fill_missing(values[name], nested)
        elif before is not None:
            values.setdefault(name, before)


def _value(raw: str) -> Any:
    try:
        return tomllib.loads(f"value = {raw}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return raw


def _values(raw: str) -> list[Any]:
    """A list as a person writes it: ``[1, 2]``, ``1, 2``, ``title, text``."""
    for written in (raw, f"[{raw}]"):
        if isinstance(found := _value(written), list):
            return found
    return [part.strip() for part in raw.split(",")]


def _fill(place: Any, config: Section, comments: bool) -> None:
    nested: list[tuple[str, FieldInfo]] = []
    for name, info in type(config).model_fields.items():
        value = getattr(config, name)
        if isinstance(value, Section):
            nested.append((name, info))
            continue
        if comments:
            place.add(tomlkit.comment(_comment(info)))
        place.add(name, list(value) if isinstance(value, tuple) else value)
    for name, info in nested:
        table = tomlkit.table()
        if comments and info.description:
            table.add(tomlkit.comment(info.description))
        _fill(table, getattr(config, name), comments)
        place.add(name, table)


def _comment(info: FieldInfo) -> str:
    low, high = bounds(info)
    span = f" [{low:.10g} to {high:.10g}]" if low is not None and high is not None else ""
    unit = declared(info)["unit"]
    return f"{info.title}{f' ({unit})' if unit else ''}{span}: {info.description}"


def _explain(item: Any) -> str:
    name = ".".join(str(part) for part in item["loc"])
    if item["type"] == "extra_forbidden":
        return f"{name}: there is no such setting"
    if item["type"] == "tuple_type":
        return f"{name} = {item['input']!r}: write it as a list, for example [1, 2]"
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{name} = {item['input']!r}: {message[:1].lower()}{message[1:]}"
