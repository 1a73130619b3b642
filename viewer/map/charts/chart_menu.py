"""The chart picker: parts of the body, sides and views, built from the charts."""

from __future__ import annotations

from dataclasses import dataclass

from anatomy.charts import ChartSpec, chart_specs
from anatomy.messages import message as _
from anatomy.store import cached

#: Parts in the order of the picker: name, prefixes of the charts' names.
PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Body", ("",)),
    ("Head & neck", ("head_neck",)),
    ("Shoulder", ("shoulder",)),
    ("Chest & back", ("thorax", "upper_back")),
    ("Abdomen", ("abdomen",)),
    ("Low back & hip", ("low_back", "buttock", "pelvis")),
    ("Upper arm", ("upper_arm",)),
    ("Forearm", ("forearm",)),
    ("Hand", ("hand",)),
    ("Thigh", ("thigh",)),
    ("Lower leg", ("lower_leg",)),
    ("Foot", ("foot",)),
    ("Whole arm", ("arm",)),
    ("Whole leg", ("leg",)),
)
#: What the picker calls a part.
LABELS = {
    "Body": _("Whole body"),
    "Head & neck": _("Head & neck"),
    "Shoulder": _("Shoulder"),
    "Chest & back": _("Chest & back"),
    "Abdomen": _("Abdomen"),
    "Low back & hip": _("Low back & hip"),
    "Upper arm": _("Upper arm"),
    "Forearm": _("Forearm"),
    "Hand": _("Hand"),
    "Thigh": _("Thigh"),
    "Lower leg": _("Lower leg"),
    "Foot": _("Foot"),
    "Whole arm": _("Whole arm"),
    "Whole leg": _("Whole leg"),
}
#: Words for the last part of a chart's name.
VIEWS = {
    "anterior": _("Front"),
    "posterior": _("Back"),
    "left_lateral": _("Left side"),
    "right_lateral": _("Right side"),
    "medial": _("Inner side"),
    "lateral": _("Outer side"),
    "palmar": _("Palm"),
    "dorsal": _("Back"),
    "plantar": _("Sole"),
    "superior": _("Top"),
}
#: Words that differ in one part; a view of another prefix than the part's first goes
#: by its whole name.
_OWN_WORDS = {
    "Foot": {"dorsal": _("Top")},
    "Chest & back": {"upper_back_posterior": _("Scapulae")},
    "Abdomen": {"lateral": _("Flank")},
    "Low back & hip": {
        "posterior": _("Lumbar region"),
        "buttock_posterior": _("Buttock"),
        "pelvis_lateral": _("Hip"),
        "pelvis_anterior": _("Groin"),
    },
    "Forearm": {"lateral": _("Radial side"), "medial": _("Ulnar side")},
}


@dataclass(frozen=True)
class Entry:
    """Where a chart stands in the picker.

    Attributes
    ----------
    chart : str
        Name of the chart.
    part : str
        First choice, such as ``"Hand"``.
    view : str
        Second choice, the chart's name without the side and the part.
    side : {"left", "right"} or None
        The patient's side for charts of one limb.
    """

    chart: str
    part: str
    view: str
    side: str | None


@cached
def entries() -> dict[str, Entry]:
    """Return the place of every chart in the picker, by chart name.

    Examples
    --------
    >>> entries()["left_foot_plantar"]
    Entry(chart='left_foot_plantar', part='Foot', view='plantar', side='left')
    """
    found = {}
    for name in chart_specs():
        side, _, rest = name.partition("_")
        limb = side in ("left", "right") and rest not in VIEWS and rest != "lateral"
        stem = rest if limb else name
        part, view = "Body", stem
        for title, prefixes in PARTS[1:]:
            for number, prefix in enumerate(prefixes):
                if stem.startswith(prefix + "_"):
                    part = title
                    view = stem if number else stem.removeprefix(prefix + "_")
        found[name] = Entry(name, part, view, side if limb else None)
    return found


def views(part: str) -> list[dict[str, str]]:
    """Return the views of a part as options of a control.

    Examples
    --------
    >>> [option["label"] for option in views("Hand")]
    ['Palm', 'Back']
    """
    words = VIEWS | _OWN_WORDS.get(part, {})
    names = dict.fromkeys(e.view for e in entries().values() if e.part == part)
    return [{"value": name, "label": words.get(name, name)} for name in names]


def sided(part: str, view: str) -> bool:
    """Return whether a view of a part is shown one side at a time.

    Examples
    --------
    >>> sided("Low back & hip", "posterior"), sided("Low back & hip", "pelvis_lateral")
    (False, True)
    """
    return any(
        e.side is not None
        for e in entries().values()
        if e.part == part and e.view == view
    )


def chart_for(part: str, view: str | None, side: str | None) -> str:
    """Return the chart of a choice; a view the part has not gives its first one.

    Examples
    --------
    >>> chart_for("Hand", "anterior", "right")
    'right_hand_palmar'
    """
    options = [option["value"] for option in views(part)]
    chosen = view if view in options else options[0]
    for entry in entries().values():
        if (
            entry.part == part
            and entry.view == chosen
            and (entry.side is None or entry.side == (side or "left"))
        ):
            return entry.chart
    raise LookupError(f"no chart of {part!r}, {view!r}, {side!r}")


def seen_from(spec: ChartSpec) -> str:
    """Return in words from where a chart is seen.

    Examples
    --------
    >>> seen_from(chart_specs()["posterior"])
    'seen from behind'
    """
    x, y, z = spec.view
    if y:
        return _("seen from the front") if y > 0 else _("seen from behind")
    if z:
        return _("seen from above") if z < 0 else _("seen from below")
    if x < 0:
        return _("seen from the patient's left")
    return _("seen from the patient's right")


def edge_words(spec: ChartSpec) -> tuple[str, str]:
    """Return the words at the left and the right edge of a chart.

    Examples
    --------
    >>> edge_words(chart_specs()["posterior"])
    ('L', 'R')
    >>> edge_words(chart_specs()["left_lateral"])
    ('front', 'back')
    """
    words = ("R", "L") if spec.x == "x" else (_("front"), _("back"))
    return (words[1], words[0]) if spec.x_reversed else words


def edge_notes(spec: ChartSpec) -> dict[str, str]:
    """Return what else is written at the edges of a chart, to find one's way.

    On a chart of one limb the edges are its inner and outer side; seen from above
    or below, the front and the back.

    Examples
    --------
    >>> edge_notes(chart_specs()["left_thigh_anterior"])
    {'left': 'inner side', 'right': 'outer side'}
    >>> edge_notes(chart_specs()["left_shoulder_superior"])["top"]
    'front'
    """
    found: dict[str, str] = {}
    if spec.side is not None and spec.x == "x":
        words = [_("inner side"), _("outer side")]
        # the larger x is further left: inner for the right limb
        if (spec.side == "right") is not spec.x_reversed:
            words.reverse()
        found["left"], found["right"] = words
    if spec.y == "y":
        ends = (
            (_("back"), _("front")) if not spec.y_reversed else (_("front"), _("back"))
        )
        found["top"], found["bottom"] = ends
    return found


def shown_side(spec: ChartSpec) -> str | None:
    """Return the side that a chart shows when it shows only one."""
    if spec.side is not None:
        return spec.side
    return None
