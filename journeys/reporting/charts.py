"""Charts of a report, drawn as SVG that fits any width: places across are percents, heights pixels.

So letters keep their size on a telephone. Every chart has a name and a text that tells the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10
from xml.etree import ElementTree as ET

from journeys.clock import format_instant
from journeys.reporting.model import Arm, Bucket, EndpointRow, MessageRow, StepRow
from journeys.reporting.wording import percent

STYLE = """
svg.chart { display: block; width: 100%; overflow: visible; }
.chart text { fill: var(--ink); font-size: 13px; }
.chart .soft { fill: var(--soft); font-size: 12px; }
.chart .strong { font-weight: 600; }
.chart .grid { stroke: var(--line); }
.chart .axis { stroke: var(--soft); }
.chart .rail { fill: var(--rail); }
.chart .main { fill: var(--main); }
.chart .other { fill: var(--other); }
.chart .stand { fill: var(--stand); }
.chart .out { fill: var(--out); }
.chart .lost { fill: var(--lost); }
.chart .good { fill: var(--good); stroke: var(--good); }
.chart .bad { fill: var(--lost); stroke: var(--lost); }
.chart .plain { fill: var(--soft); stroke: var(--soft); }
.chart .span { stroke-width: 3; }
"""
"""How charts look; the page says what the colours are."""
_LEFT = 9.0
"""Percent of the width, left of columns: room for the numbers of the axis."""
_HIGH = 150
_ROW = 46
_ARM = 44
_STAGE = 38.0
"""Percent of the width that the bar of a stage of messages takes at most."""
_SECOND = 3
"""So many powers of ten milliseconds are a second."""
_NAMES = 34.0
"""Percent of the width that names take beside intervals and times."""


def over_time(buckets: Sequence[Bucket], length_ms: int, name: str) -> ET.Element:
    """Draw how many entered and ended, hour by hour or day by day."""
    first, last = buckets[0].begin, buckets[-1].begin
    count = (last - first) // length_ms + 1
    most = _ceiling(max(max(bucket.entered, bucket.ended) for bucket in buckets))
    told = (f"{_moment(b.begin, length_ms)}: {b.entered} entered, {b.ended} ended" for b in buckets)
    root = _chart(name, "; ".join(told), _HIGH + 34)
    for share in (0.0, 0.5, 1.0):
        level = _HIGH - share * (_HIGH - 10)
        _add(root, "line", x1=f"{_LEFT}%", x2="100%", y1=level, y2=level, **{"class": "grid"})
        _text(root, f"{_LEFT - 1.5}%", level + 4, f"{share * most:,g}", "soft", anchor="end")
    step = (100 - _LEFT) / count
    for bucket in buckets:
        left = _LEFT + (bucket.begin - first) // length_ms * step
        for kind, value, shift in (("main", bucket.entered, 0.1), ("other", bucket.ended, 0.5)):
            high = value / most * (_HIGH - 10)
            place = {"x": f"{left + shift * step:.3f}%", "width": f"{0.38 * step:.3f}%"}
            _add(root, "rect", y=_HIGH - high, height=high, rx=1, **place, **{"class": kind})
    _text(root, f"{_LEFT}%", _HIGH + 20, _moment(first, length_ms), "soft")
    if count > 1:
        _text(root, "100%", _HIGH + 20, _moment(last, length_ms), "soft", anchor="end")
    return root


def funnel(steps: Sequence[StepRow], name: str) -> ET.Element:
    """Draw how many walks reached each step, how many stand there, and how many left there."""
    told = (
        f"{s.step}: {s.reached} reached, {s.standing} inside, {s.exited} exited, {s.failed} failed"
        for s in steps
    )
    root = _chart(name, "; ".join(told), _ROW * len(steps))
    for number, step in enumerate(steps):
        top, share = number * _ROW, step.percent or 0
        each = share / max(step.reached, 1)
        _text(root, "0", top + 14, step.step, "strong")
        value = f"{step.reached:,}  ·  {percent(share / 100)}"
        _text(root, "100%", top + 14, value, "soft", anchor="end")
        _bar(root, top + 21, "rail", 0, 100)
        _bar(root, top + 21, "main", 0, share)
        end = step.reached
        for kind, count in (("lost", step.failed), ("out", step.exited), ("stand", step.standing)):
            end -= count
            _bar(root, top + 21, kind, end * each, count * each)
    return root


def intervals(arms: Sequence[Arm], name: str) -> ET.Element:
    """Draw the rate of each arm, and between which values it is taken to lie."""
    told = (f"{a.name}: {percent(a.rate)}, {_between(a)}, {a.verdict}" for a in arms)
    high = _ARM * len(arms)
    root = _chart(name, "; ".join(told), high + 24)
    most = _ceiling(100 * max(arm.interval.high for arm in arms)) / 100
    for share in (0.0, 0.5, 1.0):
        x = _along(share)
        _add(root, "line", x1=f"{x}%", x2=f"{x}%", y1=0, y2=high, **{"class": "grid"})
        anchor = "end" if share == 1.0 else "middle"
        _text(root, f"{x}%", high + 17, percent(share * most), "soft", anchor=anchor)
    for number, arm in enumerate(arms):
        y = number * _ARM + _ARM / 2
        kind = {"better": "good", "worse": "bad"}.get(arm.verdict, "plain")
        _text(root, "0", y - 2, arm.name, "strong")
        _text(root, "0", y + 14, f"{arm.converted:,} of {arm.given:,}", "soft")
        low, end = _along(arm.interval.low / most), _along(arm.interval.high / most)
        place = {"x1": f"{low:.2f}%", "x2": f"{end:.2f}%"}
        _add(root, "line", y1=y, y2=y, **place, **{"class": f"span {kind}"})
        _add(root, "circle", cx=f"{_along(arm.rate / most):.2f}%", cy=y, r=6, **{"class": kind})
    return root


def times(endpoints: Sequence[EndpointRow], name: str) -> ET.Element:
    """Draw how long calls took, from the middle one to one in a thousand, each tenfold as far."""
    shown = [endpoint for endpoint in endpoints if endpoint.p50_ms is not None]
    told = (
        f"{e.called}: half within {e.p50_ms} ms, 95 % within {e.p95_ms} ms, "
        f"99 % within {e.p99_ms} ms, 99.9 % within {e.p999_ms} ms"
        for e in shown
    )
    root = _chart(name, "; ".join(told), _ROW * len(shown) + 22)
    most = max(10, *(endpoint.p999_ms or 0 for endpoint in shown))
    powers = 10 ** (floor(log10(most - 1)) + 1)
    for number in range(round(log10(powers)) + 1):
        x = 100 * number / log10(powers)
        _add(root, "line", x1=f"{x}%", x2=f"{x}%", y1=0, y2=_ROW * len(shown), **{"class": "grid"})
        anchor = {0: "start", round(log10(powers)): "end"}.get(number, "middle")
        unit = f"{10**number} ms" if number < _SECOND else f"{10 ** (number - _SECOND)} s"
        _text(root, f"{x}%", _ROW * len(shown) + 16, unit, "soft", anchor=anchor)
    for number, endpoint in enumerate(shown):
        low = number * _ROW + 30
        _text(root, "0", low - 16, endpoint.called, "strong")
        values = (endpoint.p50_ms, endpoint.p95_ms, endpoint.p99_ms, endpoint.p999_ms)
        marks = [100 * log10(max(value or 1, 1)) / log10(powers) for value in values]
        place = {"x1": f"{marks[0]:.2f}%", "x2": f"{marks[-1]:.2f}%"}
        _add(root, "line", y1=low, y2=low, **place, **{"class": "span axis"})
        for mark, kind in zip(marks, ("main", "other", "stand", "lost"), strict=True):
            _add(root, "circle", cx=f"{mark:.2f}%", cy=low, r=6, **{"class": kind})
    return root


def message(row: MessageRow, name: str) -> ET.Element:
    """Draw how far messages of one step came: asked for, sent, delivered, opened, clicked."""
    whole = max(row.wanted, 1)
    stages = {
        "wanted": row.wanted,
        "sent": row.sent,
    }
    if row.has_feedback:
        stages |= {"delivered": row.delivered, "opened": row.opened, "clicked": row.clicked}
    told = ", ".join(f"{stage} {value}" for stage, value in stages.items())
    root = _chart(name, told, 26 * len(stages))
    for number, (stage, value) in enumerate(stages.items()):
        top = number * 26
        _text(root, "0", top + 14, stage)
        _bar(root, top + 2, "rail", 24, _STAGE)
        _bar(root, top + 2, "main", 24, _STAGE * min(value / whole, 1))
        counted = f"{value:,}  ·  {percent(value / whole)}"
        _text(root, "100%", top + 14, counted, "soft", anchor="end")
    return root


# Pieces.


def _chart(name: str, told: str, high: float) -> ET.Element:
    shape = {"class": "chart", "role": "img", "height": f"{high:.0f}", "aria-label": name}
    root = ET.Element("svg", shape)
    ET.SubElement(root, "title").text = name
    ET.SubElement(root, "desc").text = told
    return root


def _add(parent: ET.Element, tag: str, **places: object) -> None:
    ET.SubElement(
        parent,
        tag,
        {n: f"{v:.2f}" if isinstance(v, float) else f"{v}" for n, v in places.items()},
    )


def _text(
    parent: ET.Element, x: str, y: float, text: str, kind: str = "", *, anchor: str = "start"
) -> None:
    places = {"x": x, "y": f"{y:.1f}", "text-anchor": anchor}
    if kind:
        places["class"] = kind
    ET.SubElement(parent, "text", places).text = text


def _bar(parent: ET.Element, y: float, kind: str, x: float, width: float) -> None:
    if width > 0:
        place = {"x": f"{x:.2f}%", "width": f"{width:.2f}%", "class": kind}
        _add(parent, "rect", y=y, height=16, rx=2, **place)


def _along(share: float) -> float:
    """Give the place of a value beside names, in percent of the width."""
    return _NAMES + share * (99 - _NAMES)


def _between(arm: Arm) -> str:
    return f"between {percent(arm.interval.low)} and {percent(arm.interval.high)}"


def _moment(at: int, length_ms: int) -> str:
    text = format_instant(at)
    is_day = length_ms >= 86_400_000  # noqa: PLR2004  # a day
    return text[:10] if is_day else f"{text[:10]} {text[11:16]}"


def _ceiling(value: float) -> float:
    """Give the next round number that is not less."""
    if value <= 0:
        return 1
    power = 10.0 ** floor(log10(value))
    return next(f * power for f in (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10) if f * power >= value)
