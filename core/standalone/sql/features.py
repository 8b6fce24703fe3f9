"""Features as SQL: columns, numbers computed from them, and choices among branches of one column."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, Union

from core.standalone.sql.text import among, joined, number

#: The largest finite float.
LARGEST = number(1.7976931348623157e308)


class Branches(Protocol):
    """Ways that a row can go by the value of one column; exactly one is taken."""

    @property
    def count(self) -> int:
        """How many there are."""
        ...

    def case(self, values: Sequence[str]) -> str:
        """The expression that has one of these values, one a branch."""
        ...

    def where(self, mask: Sequence[bool]) -> str:
        """The condition that one of these branches is taken."""
        ...


@dataclass(frozen=True)
class Keys:
    """A branch for each of some literals, then one for null, then one for anything else."""

    expression: str
    literals: tuple[str, ...]

    @property
    def count(self) -> int:
        return len(self.literals) + 2

    def case(self, values: Sequence[str]) -> str:
        *of_keys, null, other = values
        groups: dict[str, list[str]] = {}
        for literal, value in zip(self.literals, of_keys, strict=True):
            if value != other:
                groups.setdefault(value, []).append(literal)
        whens = [f"WHEN {among(self.expression, keys)} THEN {value}" for value, keys in groups.items()]
        if null != other:
            whens.insert(0, f"WHEN {self.expression} IS NULL THEN {null}")
        between = " " if len(whens) < 3 else "\n      "
        return f"CASE {between.join([*whens, f'ELSE {other} END'])}" if whens else other

    def where(self, mask: Sequence[bool]) -> str:
        *of_keys, null, other = mask
        wanted = [k for k, yes in zip(self.literals, of_keys, strict=True) if yes is not other and yes]
        unwanted = [k for k, yes in zip(self.literals, of_keys, strict=True) if not yes]
        e = self.expression
        if other:
            if not unwanted:
                return "1 = 1" if null else f"{e} IS NOT NULL"
            found = among(e, unwanted, negated=True)
            return f"({e} IS NULL OR {found})" if null else found
        if not wanted:
            return f"{e} IS NULL" if null else "1 = 0"
        found = among(e, wanted)
        return f"({e} IS NULL OR {found})" if null else found


@dataclass(frozen=True)
class Cuts:
    """A branch for each interval between ascending cuts; a cut belongs to the interval above it."""

    expression: str
    cuts: tuple[float, ...]

    @property
    def count(self) -> int:
        return len(self.cuts) + 1

    def case(self, values: Sequence[str]) -> str:
        whens = [
            f"WHEN {self.expression} < {number(cut)} THEN {value}"
            for cut, value in zip(self.cuts, values[:-1], strict=True)
        ]
        return f"CASE {' '.join(whens)} ELSE {values[-1]} END" if whens else values[-1]

    def where(self, mask: Sequence[bool]) -> str:
        return f"{self.case([number(float(m)) for m in mask])} = {number(1.0)}"


@dataclass(frozen=True)
class Text:
    """A column of text."""

    expression: str


@dataclass(frozen=True)
class Number:
    """An expression that is a number; null where ``column`` is (by default: the expression itself)."""

    expression: str
    nullable: bool = True
    infinite: bool = True
    column: str = ""

    @property
    def known_by(self) -> str:
        """What is null where the number is not known."""
        return self.column or self.expression


@dataclass(frozen=True)
class Choice:
    """A number that depends on the branch alone; NaN for null."""

    branches: Branches
    values: tuple[float, ...]

    @property
    def expression(self) -> str:
        return self.branches.case([sql_value(v) for v in self.values])

    @property
    def nullable(self) -> bool:
        return any(v != v for v in self.values)

    def mapped(self, function: Callable[[float], float]) -> "Choice":
        """The same branches with a function of each value; null stays."""
        return Choice(self.branches, tuple(v if v != v else function(v) for v in self.values))


Feature = Union[Text, Number, Choice]


def sql_value(value: float) -> str:
    """A value of a branch."""
    return "NULL" if value != value else number(value)


@dataclass
class Guards:
    """Conditions that a row has to keep, because the estimator would refuse it otherwise."""

    conditions: dict[str, None] = field(default_factory=dict)

    def add(self, condition: str) -> None:
        """One more condition; the same one counts once."""
        if condition != "1 = 1":
            self.conditions[condition] = None

    def finite(
        self, features: Sequence[Feature], nulls: bool = False, most: str = LARGEST
    ) -> "list[Feature]":
        """Refuse infinities (and null, unless it is taken); answers the features, known to be sound."""
        return [self._finite(f, nulls, most) for f in features]

    def _finite(self, feature: Feature, nulls: bool, most: str) -> Feature:
        if isinstance(feature, Text):
            return feature
        if isinstance(feature, Choice):
            sound = [math.isfinite(v) or (nulls and v != v) for v in feature.values]
            if not all(sound):
                self.add(feature.branches.where(sound))
            return feature
        e = feature.expression
        nullable = feature.nullable and nulls
        if feature.infinite or most != LARGEST:
            within = f"{e} BETWEEN -{most} AND {most}"
            self.add(f"({e} IS NULL OR {within})" if nullable else within)
        elif feature.nullable and not nulls:
            self.add(f"{feature.known_by} IS NOT NULL")
        return Number(e, nullable, infinite=False, column=feature.column)

    def around(self, expression: str) -> str:
        """The expression, null for a row that breaks a condition."""
        if not self.conditions:
            return expression
        kept = joined(self.conditions, "\n  AND ")
        return f"CASE WHEN {kept}\nTHEN {expression}\nEND"
