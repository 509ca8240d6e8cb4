"""Settings, which are frozen dataclasses of plain values, and presets of them: chosen by name and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import partial
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints

from ..utils.presets import settings_of
from ..utils.validation import one_of

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

S = TypeVar("S", bound="DataclassInstance")

KINDS: dict[type, tuple[type, str]] = {
    bool: (bool, "True or False"),
    int: (Integral, "a whole number"),
    float: (Real, "a number"),
    str: (str, "a string"),
}
"""Type of a setting -> the class of its values, and what an error calls them."""


Option = bool | int | float | str
"""Value of an option: plain, so that checkpoints and results can carry it."""


@dataclass(frozen=True, kw_only=True)
class WithOptions:
    """Settings that also carry options: parameters that a codec, learner or objective declares itself.

    A codec declares its fields; a learner or an objective the class attributes that its `options` name. An
    option named like a setting is that setting.

    Args:
        options: name and value of each option that differs from its default, sorted by name.
    """

    options: tuple[tuple[str, Option], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """All settings by name; the options, if there are any, are one of them."""
        values = asdict(self)
        del values["options"]
        return values | ({"options": dict(self.options)} if self.options else {})

    def by_name(self) -> dict[str, Any]:
        """All settings and options by name."""
        return self.as_dict() | dict(self.options)


class Declared(NamedTuple):
    """An option as a class declares it; default: None if it has none."""

    kind: Any
    default: Any


def declared_options(owner: object) -> dict[str, Declared]:
    """The options of a class, by name; of the class behind a `partial`; none of anything else."""
    owner = owner.func if isinstance(owner, partial) else owner
    names: Iterable[str] = getattr(owner, "options", ())
    if is_dataclass(owner):
        names = [f.name for f in fields(owner) if f.init]
    kinds = get_type_hints(owner) if names else {}
    defaults = {name: getattr(owner, name, None) for name in names}
    return {name: Declared(kinds.get(name, type(v)), v) for name, v in defaults.items()}


def set_options(owner: Any, settings: WithOptions) -> None:
    """Set the attributes that `owner.options` names to the values of the settings."""
    values = settings.by_name()
    for name in owner.options:
        setattr(owner, name, values.get(name, getattr(owner, name)))


def choose(
    presets: Mapping[str, S],
    preset: str,
    changes: Mapping[str, Any],
    owners: Callable[[S], Iterable[object]] = lambda _: (),
) -> S:
    """A preset with some settings changed.

    Args:
        presets: by name.
        preset: name of one of them.
        changes: settings and options that differ from the preset, by name.
        owners: the classes whose options may be changed, given the settings; None for none.

    Raises:
        ValueError: an unknown preset or setting (lists the known ones), or an invalid value.
    """
    preset = settings_of(preset)
    one_of(preset, presets, "preset")
    known = [f.name for f in fields(presets[preset]) if f.name != "options"]
    chosen = replace(presets[preset], **{name: v for name, v in changes.items() if name in known})
    declared: dict[str, list[Declared]] = {name: [] for name in known}
    for owner in owners(chosen):
        for name, option in declared_options(owner).items():
            declared.setdefault(name, []).append(option)
    options = []
    for name, value in changes.items():
        one_of(name, declared, "setting")
        if name not in known:
            for option in declared[name]:
                value = checked_option(name, value, option.kind)
            if any(value != option.default for option in declared[name]):
                options.append((name, value))
    return replace(chosen, options=tuple(sorted(options))) if options else chosen


def checked_option(name: str, value: Any, kind: Any) -> Option:
    """The value of an option as a plain bool, int, float or str.

    Raises:
        ValueError: not of the type of the option.
        TypeError: an option of a type that settings cannot carry.
    """
    if get_origin(kind) is Literal:
        _check_choice(name, value, get_args(kind))
        return value
    if kind not in KINDS:
        raise TypeError(f"option {name}: declare it as a bool, int, float, str or Literal, not as {kind}")
    if isinstance(value, bool) and kind is not bool:
        raise ValueError(f"{name}={value!r}: expected {KINDS[kind][1]}")
    _check_kind(name, value, kind)
    return kind(value)


def check(
    settings: DataclassInstance,
    least: Mapping[str, int],
    choices: Mapping[str, Iterable[str]] | None = None,
) -> None:
    """Check the values of settings: `Literal`, int and float fields against their type.

    Args:
        settings: a dataclass.
        least: smallest valid value, by the name of the setting.
        choices: valid values that the type does not list, by the name of the setting.

    Raises:
        ValueError: an invalid value; names the setting, the value and the valid ones.
    """
    for name, kind in get_type_hints(type(settings)).items():
        value, known = getattr(settings, name), (choices or {}).get(name)
        if known or get_origin(kind) is Literal:
            _check_choice(name, value, tuple(known or get_args(kind)))
        if kind in (int, float):
            _check_kind(name, value, kind)
        if bool in (kind, *get_args(kind)) and value is not None:  # the string "no" would count as true
            _check_kind(name, value, bool)
    for name, smallest in least.items():
        if getattr(settings, name) < smallest:
            raise ValueError(f"{name}={getattr(settings, name)}: expected at least {smallest}")


def _check_choice(name: str, value: Any, known: Sequence[Any]) -> None:
    if value not in known:
        raise ValueError(f"{name}={value!r}: expected {', '.join(map(repr, known[:-1]))} or {known[-1]!r}")


def _check_kind(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, KINDS[kind][0]):
        raise ValueError(f"{name}={value!r}: expected {KINDS[kind][1]}")
