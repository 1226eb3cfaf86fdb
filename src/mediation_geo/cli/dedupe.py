"""Commands about duplicates: `explain`, `review`, `label`, and under `eval`: `dedupe`, `train-dedupe`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mediation_geo.cli.console import AsJson, Releases, print_json, say

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["register", "register_eval"]

Data = Annotated[Path, typer.Option("--data", help="Folder of real data: places/official and truth.")]

_DECISIONS = {"s": "same", "d": "different"}


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("explain", epilog="Example: mediation-geo explain cnfs/62a1 france-services/268")(explain)
    app.command("review", epilog="Example: mediation-geo review --overrides overrides.csv --who ana")(review)
    app.command("label", epilog="Example: mediation-geo label --draw 20 labels.csv")(label)


def register_eval(app: typer.Typer) -> None:
    """Add the evaluations to the `eval` group."""
    app.command("dedupe", epilog="Example: mediation-geo eval dedupe --data ../shared/data")(evaluate)
    app.command("train-dedupe", epilog="Example: mediation-geo eval train-dedupe --data ../shared/data model.json")(train)


def explain(
    left: Annotated[str, typer.Argument(help="Id of a record, or of a place (then its first record).")],
    right: Annotated[str, typer.Argument(help="Id of the other record or place.")],
    releases: Releases = Path("releases"),
    html: Annotated[Path | None, typer.Option(help="Also write a page of HTML here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell why two records are, or are not, one place: each sign with its weight."""
    from dataclasses import asdict

    from mediation_geo.dedupe import explain_pair
    from mediation_geo.release import open_release

    records = open_release(releases).records
    told = explain_pair(records, _record_of(records, left), _record_of(records, right))
    if html is not None:
        html.write_text(told.html(), encoding="utf-8")
    if as_json:
        print_json(asdict(told))
    else:
        print(told.text())


def review(
    overrides: Annotated[Path, typer.Option(help="CSV of decisions, kept under version control.")] = Path("overrides.csv"),
    who: Annotated[str, typer.Option(help="Who decides, written into the file.")] = "",
    count: Annotated[int, typer.Option(min=1, help="How many pairs.")] = 20,
    releases: Releases = Path("releases"),
    as_json: AsJson = False,
) -> None:
    """Show the pairs the model is unsure of, most urgent first, and write down what you decide."""
    from mediation_geo.dedupe import explain_pair, read_overrides, review_queue
    from mediation_geo.release import open_release

    release = open_release(releases)
    records = release.records
    decided = read_overrides(overrides) if overrides.exists() else None
    queue = review_queue(release.links, records[["record_id", "place_id"]], decided=decided).head(count)
    if as_json or not who:
        columns = ["left_record_id", "right_record_id", "score", "reach", "priority"]
        print_json(queue[columns].to_dict("records"))
        return
    pairs = zip(queue["left_record_id"].tolist(), queue["right_record_id"].tolist(), strict=True)
    for left, right in pairs:
        print(explain_pair(records, left, right).text(shown=8))
        answer = typer.prompt("[s]ame, [d]ifferent, [l]ater, [q]uit", default="l").strip().lower()[:1]
        if answer == "q":
            return
        if answer in _DECISIONS:
            _decide(overrides, left, right, _DECISIONS[answer], who=who)


def label(
    path: Annotated[Path, typer.Argument(help="CSV of labels: ids and decisions only.")],
    draw: Annotated[int, typer.Option(min=0, help="Draw so many new pairs of each stratum first.")] = 0,
    reading: Annotated[int, typer.Option(min=1, max=2, help="First or second reading.")] = 1,
    releases: Releases = Path("releases"),
    as_json: AsJson = False,
) -> None:
    """Read pairs and say m (same place), u (unsure) or d (different); the two readings never see each other."""
    from mediation_geo.dedupe.labels import LABELS, read_labels, write_labels
    from mediation_geo.release import open_release

    release = open_release(releases)
    records = release.records
    labels = read_labels(path) if path.exists() else None
    if draw:
        labels = _drawn(release.links, records, labels, per_stratum=draw)
        write_labels(labels, path)
    if labels is None:
        message = f"{path} does not exist; --draw 20 draws pairs to read"
        raise typer.BadParameter(message)
    column = f"pass_{reading}"
    if as_json:
        unread = labels.loc[labels[column].eq(""), ["left_record_id", "right_record_id"]].to_dict("records")
        print_json({"path": str(path), **_progress(labels), "unread": unread})
        return
    shown = records.set_index("record_id")
    for row in labels.index[labels[column].eq("")]:
        for side in ("left_record_id", "right_record_id"):
            print("  " + _line(shown, labels.loc[row, side]))
        answer = typer.prompt(f"{', '.join(f'{key} = {words}' for key, words in LABELS.items())}, q = quit").strip().lower()[:1]
        if answer == "q":
            break
        if answer in LABELS:
            labels.loc[row, column] = answer
    agreed = labels["pass_1"].eq(labels["pass_2"])
    labels["label"] = labels["label"].where(labels["label"].ne(""), labels["pass_1"].where(agreed, ""))
    write_labels(labels, path)
    progress = _progress(labels)
    told = f"{progress['settled']} of {progress['pairs']} settled"
    say(f"{told}; two readings: {progress['readings']}" if progress["readings"] else told)


def _progress(labels: pd.DataFrame) -> dict[str, Any]:
    """How many pairs there are, how many are settled, and how far the two readings agree where both were made."""
    from mediation_geo.dedupe.labels import agreement

    twice = labels["pass_1"].ne("") & labels["pass_2"].ne("")
    settled = int(labels["label"].ne("").sum())
    return {"pairs": len(labels), "settled": settled, "readings": agreement(labels) if twice.any() else None}


def evaluate(
    data: Data = Path("../shared/data"),
    labels: Annotated[Path | None, typer.Option(help="CSV of labels; none: those of the package.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print every table of quality: labelled pairs, same upstream ids, clusters, invented records; the official rule beside."""
    from mediation_geo.datasets import dataset_path
    from mediation_geo.dedupe import evaluate as tables
    from mediation_geo.dedupe.stability import stability_table
    from mediation_geo.dedupe.truth import corpus

    records = corpus(data)
    largest = records["feed"].value_counts().index[:5].tolist()
    labelled, passes = tables.label_tables(data, labels or dataset_path("labels/dedupe_pairs.csv"))
    invented = sorted((data / "truth").glob("SYNTHETIC_hard_records*.parquet"))
    told = {
        "Labelled pairs (weighted; unsure counts as different; F1 with its 5th and 95th percentile)": labelled,
        "Recall on pairs of one upstream id": tables.id_table(data),
        "Clusters of the corpus": tables.cluster_table(records),
        **{f"Invented records ({each.stem}): a regression test, not a claim": tables.synthetic_table(each) for each in invented},
        "Places that change when nothing happened": stability_table(_located(records), feeds=largest),
    }
    if as_json:
        rows = {title: table.to_dict("records") for title, table in told.items()}
        print_json({"two_readings": passes, "tables": rows})
        return
    for title, table in told.items():
        _table(title, table)
    print("two readings of our own labels: " + ", ".join(f"{name} {value:.3f}" for name, value in passes.items()))


def train(
    out: Annotated[Path, typer.Argument(help="Where the model goes.")],
    data: Data = Path("../shared/data"),
    version: Annotated[str, typer.Option(help="Version of the model.")] = "3",
    as_json: AsJson = False,
) -> None:
    """Fit the model on the labels of the training regions and the hand-labelled pairs."""
    from mediation_geo.datasets import dataset_path
    from mediation_geo.dedupe.labels import read_labels
    from mediation_geo.dedupe.train import train_on
    from mediation_geo.dedupe.truth import corpus, hand_labelled, own_labels

    records = corpus(data)
    own = own_labels(read_labels(dataset_path("labels/dedupe_pairs.csv")), records, part="train")
    others = [hand_labelled(path) for path in sorted((data / "truth").glob("hand_labelled_pairs*.csv"))]
    train_on([own, *others], records=records, version=version).write(out)
    if as_json:
        print_json({"path": str(out), "version": version})
    else:
        print(out)


def _record_of(records: pd.DataFrame, wanted: str) -> str:
    """Id of a record; a place stands for its first record."""
    of_place = records.loc[records["place_id"].eq(wanted), "record_id"]
    return str(of_place.iloc[0]) if len(of_place) else wanted


def _located(records: pd.DataFrame) -> pd.DataFrame:
    """Records as a build hands them over: positions outside their commune are gone, missing ones stand for the commune."""
    from mediation_geo.locate import locate
    from mediation_geo.standard import RECORDS, conform

    return locate(conform(records, RECORDS)).table.sort_values("record_id", kind="stable", ignore_index=True)


def _decide(path: Path, left: str, right: str, decision: str, *, who: str) -> None:
    from datetime import UTC, datetime

    from mediation_geo.dedupe import append_override
    from mediation_geo.dedupe.overrides import OVERRIDE_COLUMNS

    why = typer.prompt("why", default="")
    when = datetime.now(tz=UTC).date().isoformat()
    values = dict(zip(OVERRIDE_COLUMNS, (left, right, decision, who, when, why), strict=True))
    append_override(path, values)


def _drawn(links: pd.DataFrame, records: pd.DataFrame, labels: pd.DataFrame | None, *, per_stratum: int) -> pd.DataFrame:
    import pandas as pd

    from mediation_geo.dedupe.labels import draw_pairs, regions
    from mediation_geo.dedupe.trust import source_keys

    position = pd.Series(range(len(records)), index=records["record_id"])
    source = source_keys(records)
    # A release without links would give positions without a type.
    left, right = (links[side].map(position).astype("int64") for side in ("left_record_id", "right_record_id"))
    pairs = pd.DataFrame({"left": left, "right": right, "probability": links["score"]})
    pairs["same_source"] = source[left] == source[right]
    drawn = draw_pairs(pairs, record_ids=records["record_id"], region=regions(records), per_stratum=per_stratum)
    if labels is None:
        return drawn
    return pd.concat([labels, drawn]).drop_duplicates(["left_record_id", "right_record_id"], ignore_index=True)


def _line(records: pd.DataFrame, record_id: str) -> str:
    fields = ("nom", "adresse", "commune", "telephone", "source")
    row = records.loc[record_id] if record_id in records.index else None
    if row is None:
        return f"{record_id} (not in this release)"
    return " | ".join(str(row[name]) for name in fields if isinstance(row[name], str))


def _table(title: str, table: pd.DataFrame) -> None:
    print(title)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.3f}"))
    print()
