"""Checks of the numbers in the data: units, plausible ranges, order."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import TYPE_CHECKING

from zones.quality.data_check import Note, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from zones.quality.dataset import Dataset

#: Ends of field names that carry a unit.
SUFFIXES = (
    *("_mm", "_cun", "_deg", "_hours", "_mm_per_unit", "_mmhg", "_kg", "_weeks"),
    # a chance to meet, a chance times a chance, and standard deviations
    *("_p_meet", "_risk", "_sd"),
)
#: Units of the fields whose name does not end in one.
UNITS = {
    "again_below": "score from 0 to 1",
    "along": "share of a bone's length",
    "anterior": "share of a bone's depth",
    # an anchor's figures on the scale of the logarithm of mm
    "mu": "log mm",
    "sigma": "log mm",
    "between": "log mm",
    "place": "log mm",
    "people": "people",
    "age": "years",
    "ages": "years",
    "at_untrained": "score from 0 to 1",
    "below": "unit of the fact",
    "below_age": "years",
    "below_bmi": "kg/m2",
    "above": "unit of the fact",
    "at_least": "unit of the fact",
    "at_most": "unit of the fact",
    "bmi": "kg/m2",
    "bmi_mean": "kg/m2",
    "bmis": "kg/m2",
    "ci": "share, as rate",
    "count": "events",
    "cun": "cun",
    "default_gap": "share of people",
    "favourable": "unit of the fact",
    "fraction": "share of a line",
    "gap": "share of people",
    "hard_below": "score from 0 to 1",
    "heavy_from": "kg/m2",
    "height_cm": "cm",
    "inr": "ratio",
    "fleshy": "share of a belly's length",
    "lateral": "share of a bone's width",
    "layer": "place among layers, and of how many",
    "layer_start": "place among layers, and of how many",
    "high": "mm, a chart's limit",
    "interval": "share, as p2",
    "least_answers": "answers",
    "least_edge_points": "points of the skin's mesh",
    "low": "mm, a chart's limit",
    "mm": "mm beyond a landmark",
    "mm_per_unit": "mm a unit of per",
    "mm_per_pixel": "mm",
    "n": "people or specimens",
    "n_patients": "people",
    "neutrophils_10e9_l": "10^9 per litre",
    "order": "place in a list",
    "p2": "share of those met",
    "prevalence": "share",
    "range": "unit of the fact",
    "rate": "share, in the unit of its entry",
    "ratio": "odds ratio",
    "superior": "share of a bone's height",
    "sex_male": "1 for a man, 0 for a woman",
    "supervised_sessions": "sessions",
    "thin_below": "kg/m2",
    "tries": "attempts",
    "values": "unit of the fact",
    "version": "version",
    "view": "direction",
    "warn_below_age": "years",
    "warn_below_bmi": "kg/m2",
    "weight": "ratio",
    "width": "share of a belly's length",
    "year": "year",
    "years": "years",
    "zero_at_limits": "time limits",
    "zero_at_spreads": "spreads of the place",
}
#: Tables of words and of expected levels, whose keys are not field names.
NOT_FIELDS = ("words.toml", "aliases.toml", "fit_expectations.toml")


@check("units", "no number stands without its unit")
def _units(data: Dataset) -> Iterator[str]:
    aside = 0
    for whole in data.entries:
        if whole.file in NOT_FIELDS:
            continue
        entry = whole
        if isinstance(whole.data.get("other"), dict):
            # what a record keeps aside as gathered is context: nothing reckons with it
            rest = {k: v for k, v in whole.data.items() if k != "other"}
            entry, aside = replace(whole, data=rest), aside + 1
        for name, value in entry.values():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            if (
                name in UNITS
                or name.isdigit()  # a percentile of a record in mm
                or name.endswith(SUFFIXES)
                or name.startswith(("share_", "hours_"))
            ):
                continue
            yield f"{entry.where}: {name} = {value:g} says no unit in its name."
    yield Note(f"{aside} records keep further figures aside, in words of their own.")
    for entry in data.of("facts.toml"):
        if entry.data.get("type") == "number" and not entry.data.get("unit"):
            yield f"{entry.where}: a number must have a unit."
    for name, rate in data.rates.items():
        if not rate.unit.startswith("per "):
            yield f"rates.jsonl, {name!r}: unit must begin with 'per '; {rate.unit!r}."


#: What a number may be, by name and then by the end of the name.
PLAUSIBLE: dict[str, tuple[float, float]] = {
    "age": (0, 120),
    "bmi": (10, 80),
    "bmi_mean": (15, 45),
    "ci": (0, 10),
    "ci95_mm": (0.5, 200),
    "depth_mm": (1, 150),
    "diameter_mm": (0.3, 120),
    "edge_sd_mm": (0, 40),
    "side_sd_mm": (0, 40),
    "default_gap": (0, 1),
    "earliest_mm": (0, 120),
    "error_mm": (0.1, 20),
    "fraction": (0, 1),
    "gap": (0, 1),
    "half_width_mm": (1, 60),
    "interval": (0, 1),
    "length_mm": (5, 150),
    "max_mm": (1, 250),
    "mean_mm": (0.3, 200),
    "median_mm": (0.3, 200),
    "min_mm": (0, 200),
    "n": (1, 1e8),
    "n_patients": (0, 1e6),
    "needle_diameter_mm": (0.1, 1),
    "needle_length_mm": (5, 150),
    "p2": (0, 1),
    "prevalence": (0, 1),
    "radius_mm": (2, 150),
    "rate": (0, 1),
    "ratio": (1, 50),
    "sd_mm": (0.05, 60),
    "spread_mm": (2, 60),
    "stature_cun": (75, 75),
    "typical_mm": (0.3, 200),
    "year": (1500, 2100),
    "years": (0, 60),
}
PLAUSIBLE_ENDS = {
    "share_": (0.0, 1.0),
    "_p_meet": (0.0, 1.0),
    "_risk": (0.0, 1.0),
    "_mm": (-600.0, 600.0),
    "_cun": (-25.0, 25.0),
    "_deg": (0.0, 180.0),
    "hours_": (0.0, 2000.0),
    "_hours": (0.0, 2000.0),
}


@check("ranges", "every number is plausible: a slip of unit shows")
def _ranges(data: Dataset) -> Iterator[str]:
    for entry in data.entries:
        for name, value in entry.values():
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                continue
            low, high = _plausible(name)
            if not low <= value <= high or not math.isfinite(value):
                yield (
                    f"{entry.where}: {name} must be between {low:g} and {high:g}; "
                    f"got {value:g}."
                )


def _plausible(name: str) -> tuple[float, float]:
    if name in PLAUSIBLE:
        return PLAUSIBLE[name]
    for part, bounds in PLAUSIBLE_ENDS.items():
        if name.endswith(part) or name.startswith(part):
            return bounds
    return (-1e9, 1e9)


@check("orders", "least, mean and most of a record stand in order; intervals hold them")
def _orders(data: Dataset) -> Iterator[str]:
    for record in data.evidence.values():
        where = f"evidence, {record.id!r}"
        ladder = [
            (name, value)
            for name in ("min_mm", "mean_mm", "max_mm")
            if (value := getattr(record, name)) is not None
        ]
        for (low, a), (high, b) in itertools.pairwise(ladder):
            if a > b:
                yield f"{where}: {low} {a:g} is above {high} {b:g}."
        for name in ("ci95_mm", "iqr_mm"):
            pair = getattr(record, name)
            middle = record.mean_mm if name == "ci95_mm" else record.median_mm
            if pair is not None and not pair[0] <= pair[1]:
                yield f"{where}: {name} must be low, then high."
            elif pair and middle is not None and not pair[0] <= middle <= pair[1]:
                yield f"{where}: {name} does not hold {middle:g}."
        if record.sd_mm and record.mean_mm and record.sd_mm >= record.mean_mm:
            yield Note(f"{where}: sd_mm is not below mean_mm.")
    for name, rate in data.rates.items():
        where = f"rates.jsonl, {name!r}"
        if rate.ci is not None and not rate.ci[0] <= rate.rate <= rate.ci[1]:
            yield f"{where}: ci does not hold the rate {rate.rate:g}."
        if not rate.n or rate.count is None:
            continue
        # half an event: a count worked back from a printed rate is rounded
        if abs(rate.count - rate.rate * rate.n) > 0.5 + 0.02 * rate.count:
            yield f"{where}: {rate.count} of {rate.n} is not the rate {rate.rate:g}."
