"""Commands about source files: which sources are known, a first mapping for an unknown file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mediation_geo.cli.console import print_json, say

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Add `sources` and `map` to the command line."""
    app.command("sources", epilog="Example: mediation-geo sources --json")(list_sources)
    app.command("map", epilog="Example: mediation-geo map lieux.csv > mapping.toml")(propose)


def list_sources(*, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the sources we can read: name, territory, producer, licence, where they are fetched."""
    from mediation_geo.ingest.mapping import shipped_mappings

    mappings = sorted(shipped_mappings().values(), key=lambda each: each.name)
    if json:
        print_json(
            [each.model_dump(include={"name", "title", "territory", "producer", "licence", "page", "fetch"}) for each in mappings]
        )
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("source", "territory", "producer", "licence", "fetched")
    for each in mappings:
        table.add_row(each.name, each.territory, each.producer, each.licence, each.fetch.url if each.fetch else "file only")
    Console().print(table)


def propose(
    file: Annotated[Path, typer.Argument(help="A file of a source we do not know yet.")],
    *,
    name: Annotated[str | None, typer.Option(help="Name of the source; from the file's name when absent.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Propose a first mapping for an unknown file, as TOML with the evidence for each column."""
    from dataclasses import asdict

    from mediation_geo.errors import SchemaMismatch
    from mediation_geo.ingest.propose import propose_mapping, to_toml
    from mediation_geo.ingest.read import open_raw
    from mediation_geo.ingest.recognise import file_slug

    raw = open_raw(file)
    first = next(raw.read(2_000), None)
    if first is None:
        message = "a header without rows; expected at least one place"
        raise SchemaMismatch(message, path=str(file), line=1)
    proposals = propose_mapping(first.frame)
    if json:
        named = {"name": name or file_slug(file), "columns": list(raw.columns)}
        print_json({**named, "fields": [asdict(each) for each in proposals]})
    else:
        print(to_toml(proposals, name=name or file_slug(file), columns=list(raw.columns)), end="")
    say(
        f"{len(proposals)} fields proposed from {len(raw.columns)} columns; check them, then: mediation-geo check FILE "
        f"--mapping MAPPING.toml"
    )
