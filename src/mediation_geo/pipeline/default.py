"""The main job in one call: a release of the national export, or of the demo where the export cannot be had."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mediation_geo.errors import ReleaseNotFound, SourceError
from mediation_geo.ingest.download import PATIENCE, Patience
from mediation_geo.pipeline.night import build
from mediation_geo.pipeline.obtain import Progress, Report, demo_sources, fetch_sources
from mediation_geo.release import last_release, open_release

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from mediation_geo.release import Release

__all__ = ["build_default", "ensure_release"]


def build_default(
    out: str | Path,
    *,
    as_of: date,
    downloads: Path,
    trust: Collection[str] = (),
    patience: Patience = PATIENCE,
    report: Report = lambda _line: None,
    progress: Progress = None,
) -> Path:
    """
    Path of a release of the national export, or of the demo network when the export cannot be had.

    Parameters
    ----------
    out, as_of, trust, report
        See `build`.
    downloads : Path
        Folder in which the export is kept, so that it is fetched again only when it changed.
    patience : Patience
        How long the export is waited for.
    progress : callable, optional
        Receives bytes so far and bytes expected (None when unknown) while the export arrives.

    Raises
    ------
    SourceError
        If the export cannot be had and a real register is there, which a demo never replaces.
    PublishRefused
        If a gate fails.
    """
    try:
        national = fetch_sources(
            ["national"], downloads=downloads, tokens={}, patience=patience, report=report, progress=progress
        )
    except SourceError as error:
        if _is_real(last_release(out)):
            raise
        report(f"The national export is out of reach: {error.message}.")
        report("Using the demo data instead: every place in it is INVENTED. Do not send anybody there.")
        return build(demo_sources(), out=out, as_of=as_of, demo=True, report=report)
    return build(national.paths, out=out, as_of=as_of, trust=trust, late=national.late, report=report)


def _is_real(release: Release | None) -> bool:
    return release is not None and not release.manifest.get("demo")


def ensure_release(
    out: str | Path, *, as_of: date, downloads: Path, report: Report = lambda _line: None, progress: Progress = None
) -> Path:
    """Path of the current release, built as by `build_default` when there is none."""
    try:
        current = open_release(Path(out))
    except ReleaseNotFound:
        return build_default(out, as_of=as_of, downloads=downloads, report=report, progress=progress)
    report(f"release {current.id} is there already; `mediation-geo build` makes a new one")
    return current.path
