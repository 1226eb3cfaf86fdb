"""
The report as people read it: ratios with medians and spread, what wins and why, curves of growth.

The documents of `measure.Document` go in, Markdown and a drawing come out; nothing is measured here.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

# Why a peer wins: the first entry whose two patterns are found in the row and in the peer. A row without one says so.
WHY: tuple[tuple[str, str, str], ...] = (
    ("processor", "records only", "the national code stops at records, with its geocoder taken out; ours goes on to a release."),
    ("filter none", "degrees", "it takes degrees for lengths: an easier question, answered wrongly as often as the note says."),
    ("filter", "own index", "it was given an index made for this one filter beforehand; ours answers any filter."),
    ("filter", "STRtree", "its first box fits the density of these points; it is exact away from poles and 180° only."),
    ("filter", "rtree|BallTree", "it keeps less beside each point; the note says how often it answers wrongly."),
    ("read", "CSV", "it gives back texts only: no numbers, no dates, no lists, no points."),
    ("read|write", "FlatGeobuf|GeoPackage|GeoJSON", "its rows hold texts where ours hold lists, each of which is an object."),
    ("records", "official rule", "it compares name, address and distance within a commune, and unites less."),
    ("records", "splink", "it compares columns that ours had cleaned for it, which is not counted."),
    ("rows of CSV", "frictionless", "it checks the types of standard files; ours reads any dialect, cleans, and writes issues."),
)  # fmt: skip

# Another way to call the same package is no peer.
_MINE = ("ours", "mediation_geo")


def page(found: dict[str, Any], drawing: Path | None) -> str:
    """Markdown of the whole report."""
    told = found["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in told["versions"].items())
    lines = [
        "# Benchmarks",
        "",
        f"{told['processor']}, {told['cores']} cores, {told['memory_gb']} GB; {told['system']}; Python {told['python']}.",
        "",
        f"{versions}.",
        "",
        "`times` is how many times better ours is than the peer: above 1 ours wins. Contenders took turns in every round; it is "
        "the median of the rounds, with the least and the most. A floor does nothing of the work: its `times` is at most 1.",
    ]
    for document in found["subjects"].values():
        begun = f"Begun at {document['at']}, {document['seconds']:,} s; load before {document['load_before']}."
        lines += ["", f"## {document['subject']}", "", begun, ""]
        if "failed" in document:
            lines.append(f"- **failed**: {document['failed']}")
        lines += _table(document["rows"])
        lines += [f"- left out: {name}: {reason}" for name, reason in document["left_out"].items()]
        lines += [f"- {note}" for note in document["notes"]]
        lines += _growth_table(document["growth"])
    if drawing is not None:
        lines += ["", "## Growth", "", f"![Cost by number of rows]({drawing.name})"]
    return "\n".join(lines) + "\n"


def ratios(row: dict[str, Any], peer: str) -> tuple[float, float, float]:
    """Median, least and most of how many times better ours is, round by round where both ran the same rounds."""
    ours, theirs = next(iter(row["contenders"].values())), row["contenders"][peer]
    pairs = list(zip(ours, theirs, strict=True)) if len(ours) == len(theirs) else [(median(ours), each) for each in theirs]
    times = [b / a if row["better"] == "less" else a / b for a, b in pairs if a and b]
    return (median(times), min(times), max(times)) if times else (float("nan"),) * 3


def reason(what: str, peer: str) -> str:
    """Why a peer wins a row."""
    for row, name, text in WHY:
        if re.search(row, what) and re.search(name, peer):
            return text
    return "no reason is known yet: find it, and write it into benchmarks/report_page.py."


def _table(rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = ["| what | who | median | times |", "|---|---|--:|--:|"]
    lost = []
    for row in rows:
        ours, *peers = row["contenders"]
        lines.append(f"| {row['what']} | {ours} | {_figure(median(row['contenders'][ours]))} {row['unit']} | |")
        for peer in peers:
            middle, least, most = ratios(row, peer)
            mine = peer.startswith(_MINE)
            spread = "" if mine else f"{_figure(middle)} ({_figure(least)} to {_figure(most)})"
            lines.append(f"| | {peer} | {_figure(median(row['contenders'][peer]))} {row['unit']} | {spread} |")
            if middle < 1 and not mine and not peer.startswith("floor"):
                lost.append(
                    f"- **{peer} wins** “{row['what']}” ({_figure(1 / middle)} times better): {reason(row['what'], peer)}"
                )
    return [*lines, "", *lost]


def exponent(curve: dict[str, Any]) -> float:
    """Slope of the cost over the rows, both as logarithms: 1 is linear."""
    return float(np.polyfit(np.log(curve["rows"]), np.log(np.maximum(curve["costs"], 1e-9)), 1)[0])


def _growth_table(curves: list[dict[str, Any]]) -> list[str]:
    if not curves:
        return []
    lines = ["", "| work | cost by rows | exponent |", "|---|---|--:|"]
    for curve in curves:
        points = ", ".join(
            f"{rows:,.0f}: {_figure(value)} {curve['unit']}" for rows, value in zip(curve["rows"], curve["costs"], strict=True)
        )
        lines.append(f"| {curve['what']} | {points} | {exponent(curve):.2f} |")
    return lines


def drawn_growth(curves: list[dict[str, Any]], path: Path) -> Path | None:
    """Draw cost over rows, both axes logarithmic, one panel a unit; nothing where there is nothing to draw."""
    if not curves:
        return None
    import matplotlib as mpl
    from matplotlib.figure import Figure

    mpl.rcParams["svg.hashsalt"] = "mediation-geo"  # the same figures give the same file
    units = sorted({curve["unit"] for curve in curves})
    figure = Figure(figsize=(7, 4 * len(units)), layout="constrained")
    for panel, unit in zip(figure.subplots(len(units), squeeze=False)[:, 0], units, strict=True):
        for curve in (each for each in curves if each["unit"] == unit):
            panel.loglog(curve["rows"], curve["costs"], marker="o", label=f"{curve['what']}: rows ^ {exponent(curve):.2f}")
        panel.set(xlabel="rows", ylabel=unit)
        panel.legend(fontsize=7)
    figure.savefig(path, metadata={"Date": None})
    return path


def _figure(value: float) -> str:
    """Three digits that count, as people write them."""
    if value != value:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
