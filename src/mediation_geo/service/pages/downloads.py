"""
What can be taken away, and what changed: `/telechargements` with every file below it, and `/changements`.

Files are sent as they lie on the disk, by range if asked; their tag is the checksum that their index knows. Which files there are
is decided in `publication`.
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from mediation_geo.release.changes import KINDS
from mediation_geo.service.http.answers import CACHE_DATA, is_known
from mediation_geo.service.http.pairs import pairs_of, single_values
from mediation_geo.service.http.problems import bad_parameter, missing
from mediation_geo.service.pages.answering import language_in, page_answer
from mediation_geo.service.pages.publication import CHANGES_FOLDER, changes_of, publication_in, release_files
from mediation_geo.service.pages.words import KIND_WORDS, LANGUAGES

if TYPE_CHECKING:
    from starlette.requests import Request

    from mediation_geo.service.pages.publication import Publication, ServedFile
    from mediation_geo.service.site import Site
    from mediation_geo.service.snapshot import Snapshot

__all__ = ["download_routes"]

# Lines of a kind on the page of changes; the whole list is a file.
_LINES = 200
# What describes the exports, in the order of the page; `words` says what each is for.
_DESCRIPTIONS = (
    "datapackage.json",
    "catalog.jsonld",
    "record.json",
    "stac/collection.json",
    "croissant.json",
    "CITATION.cff",
    "ATTRIBUTION.md",
    "SHA256SUMS",
)


def download_routes(site: Site) -> list[BaseRoute]:
    """Routes of the downloads and of the changes."""
    return [
        Route("/telechargements", site.endpoint(_downloads(site))),
        Route("/telechargements/{name:path}", site.endpoint(_file(site))),
        Route("/changements", site.endpoint(_changed(site))),
    ]


def _downloads(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang",))
        publication = publication_in(site.settings.publication)
        files = publication.files if publication else {}
        exports = [each for each in files.values() if each.title and each.departement is None]
        parts: dict[str, list[ServedFile]] = {}
        for each in files.values():
            if each.departement is not None:
                parts.setdefault(each.departement, []).append(each)
        return page_answer(
            site, request, snapshot, "telechargements.html", language=language_in(values), pairs=tuple(values.items()),
            publication=publication, exports=exports, parts=sorted(parts.items()), own=release_files(snapshot.release).values(),
            descriptions=[files[name] for name in _DESCRIPTIONS if name in files],
        )  # fmt: skip

    return handler


def _file(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        single_values(pairs_of(request), admitted=())
        name = request.path_params["name"]
        own = release_files(snapshot.release)
        if name in own:
            return _sent(request, own[name], saved_as=f"{snapshot.id}-{name}", headers={})
        publication = publication_in(site.settings.publication)
        if publication is None or name not in publication.files:
            raise missing(what="Ce fichier n'est pas publié.")
        served = publication.files[name]
        return _sent(request, served, saved_as=_saved_as(served), headers=_of_release(request, publication))

    return handler


def _of_release(request: Request, publication: Publication) -> dict[str, str]:
    """The release of the file, which may be an earlier one than the release being served."""
    request.scope.pop("mediation_geo.snapshot", None)
    return {"x-dataset-snapshot": publication.release, **({"x-dataset-demo": "true"} if publication.demo else {})}


def _saved_as(served: ServedFile) -> str | None:
    """Name under which a browser keeps the file; none for what it shows or subscribes to."""
    if served.name.startswith(f"{CHANGES_FOLDER}/"):
        return None
    return served.name.replace("departements/", "lieux-mediation-numerique-").rpartition("/")[2]


def _sent(request: Request, served: ServedFile, *, saved_as: str | None, headers: dict[str, str]) -> Response:
    fields = {"cache-control": CACHE_DATA, **headers}
    if served.sha256:
        fields |= {"etag": f'"{served.sha256}"', "repr-digest": f"sha-256=:{b64encode(bytes.fromhex(served.sha256)).decode()}:"}
        if is_known(request.headers.get("if-none-match"), fields["etag"]):
            return Response(status_code=304, headers=fields)
    return FileResponse(
        served.path, media_type=served.media_type, headers=fields, filename=saved_as, stat_result=served.path.stat()
    )


def _changed(site: Site) -> Any:
    async def handler(request: Request, snapshot: Snapshot) -> Response:
        values = single_values(pairs_of(request), admitted=("lang", "dep"))
        language = language_in(values)
        publication = publication_in(site.settings.publication)
        changes = changes_of(publication) if publication else None
        code = values.get("dep")
        if changes and code is not None and code not in changes.departements:
            raise bad_parameter(name="dep", detail="aucun changement récent dans ce département", admis=changes.departements)
        rows = [row for row in (changes.rows if changes else ()) if code is None or row["code_departement"] == code]
        position = LANGUAGES.index(language)
        kinds = [(kind, KIND_WORDS[kind][position], [row for row in rows if row["change"] == kind]) for kind in KINDS]
        return page_answer(
            site, request, snapshot, "changements.html", language=language, pairs=tuple(values.items()),
            changes=changes, kinds=kinds, total=len(rows), departement=code, most=_LINES,
        )  # fmt: skip

    return handler
