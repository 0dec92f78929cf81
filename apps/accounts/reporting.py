"""Who reports to whom on one day: to whom lateness is told (M13, CIC-17)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from apps.accounts.models import Absence, Holding, Position, Unit


@dataclass
class Chart:
    """Who reports to whom on one day. Four statements, whatever is asked of it."""

    holders: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    positions_of: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    reports_to: dict[int, int | None] = field(default_factory=dict)
    unit_of: dict[int, int] = field(default_factory=dict)
    above: dict[int, int | None] = field(default_factory=dict)
    stands_in: dict[int, int] = field(default_factory=dict)

    @classmethod
    def on(cls, day: date) -> Chart:
        chart = cls()
        for position, person in Holding.objects.current(day).values_list("position", "person"):
            chart.holders[position].append(person)
            chart.positions_of[person].append(position)
        for pk, unit, above in Position.objects.filter(is_active=True).values_list(
            "pk", "unit", "reports_to"
        ):
            chart.unit_of[pk], chart.reports_to[pk] = unit, above
        chart.above = dict(Unit.objects.order_by().values_list("pk", "parent"))
        absences = Absence.objects.current(day).filter(substitute__is_active=True)
        chart.stands_in = dict(absences.values_list("person", "substitute"))
        return chart

    def heads_of(self, person: int | None, *, unit: int | None = None) -> set[int]:
        """Who answers for `person`, or failing that for `unit`, and who stands in for them.

        Never the person. All are keys.
        """
        found = self.over(person) or self.of_unit(unit, but=person)
        return found | {self.stands_in[one] for one in found if one in self.stands_in}

    def over(self, person: int | None) -> set[int]:
        """Who holds the nearest position above those of `person` that somebody else holds."""
        found: set[int] = set()
        for position in self.positions_of.get(person, ()):
            above, seen = self.reports_to.get(position), {position}
            while above is not None and above not in seen:
                seen.add(above)
                if people := set(self.holders.get(above, ())) - {person}:
                    found |= people
                    break
                above = self.reports_to.get(above)
        return found

    def of_unit(self, unit: int | None, *, but: int | None) -> set[int]:
        """Who heads `unit` or the nearest unit above it that somebody heads; never `but`."""
        while unit is not None:
            heads = {
                person
                for position, above in self.reports_to.items()
                if self.unit_of[position] == unit and self.unit_of.get(above) != unit
                for person in self.holders.get(position, ())
            } - {but}
            if heads:
                return heads
            unit = self.above.get(unit)
        return set()
