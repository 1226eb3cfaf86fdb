"""Exports for offices and address books: XLSX and vCard."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from mediation_geo.release.exports.flat import flat, printable

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

__all__ = ["repacked", "write_vcard", "write_xlsx"]

# A ZIP member carries a date; the first one the format knows, so that two builds of one register are equal.
ZIP_DAY = (1980, 1, 1, 0, 0, 0)
# openpyxl notes the moment of saving, with name space prefixes that depend on what else this process has loaded.
_PROPERTIES = "docProps/core.xml"
_FIXED_PROPERTIES = (
    b'<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties"'
    b' xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    b'<dcterms:created xsi:type="dcterms:W3CDTF">1980-01-01T00:00:00Z</dcterms:created></cp:coreProperties>'
)
# Octets of one line of a vCard, RFC 6350 section 3.2.
LINE_OCTETS = 75
CELL_CHARACTERS = 32_767


def write_xlsx(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write one sheet with a fixed header; every text is typed as text, so codes keep their zeros and no cell is a formula."""
    table = pd.DataFrame(flat(places).drop(columns="geometry"))
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Lieux")
    sheet.freeze_panes = "C2"
    header = [WriteOnlyCell(sheet, value=name) for name in table.columns]
    for cell in header:
        cell.font = Font(bold=True)
    sheet.append(header)
    for row in table.astype(object).where(table.notna(), None).itertuples(index=False, name=None):
        sheet.append([_cell(sheet, value) for value in row])
    content = BytesIO()
    book.save(content)
    path.write_bytes(repacked(content.getvalue()))


def _cell(sheet: Any, value: object) -> Any:
    if not isinstance(value, str):
        return value
    text = printable(value)
    # The format admits no longer cell: a text cut here ends with three dots and is whole in the other exports.
    cell = WriteOnlyCell(sheet, value=text if len(text) <= CELL_CHARACTERS else f"{text[: CELL_CHARACTERS - 3]}...")
    cell.data_type = "s"
    return cell


def repacked(archive: bytes) -> bytes:
    """Same workbook with every date set to the first that its container knows."""
    result = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, date_time=ZIP_DAY)
            member.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(member, _FIXED_PROPERTIES if name == _PROPERTIES else source.read(name))
    return result.getvalue()


def write_vcard(places: gpd.GeoDataFrame, path: Path) -> None:
    """Write one vCard 4.0 for each place, for address books and telephones."""
    rows = flat(places)
    table = pd.DataFrame(rows.drop(columns="geometry"))
    known = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    with path.open("w", encoding="utf-8", newline="") as stream:
        for row in known:
            stream.writelines(_folded(line) for line in _card(row))


def _card(row: dict[Any, Any]) -> list[str]:
    address = ["", row["complement_adresse"], row["adresse"], row["commune"], "", row["code_postal"], "France"]
    lines = [
        "BEGIN:VCARD",
        "VERSION:4.0",
        "KIND:org",
        f"UID:{_escaped(row['id'])}",
        f"FN:{_escaped(row['nom'] or 'Lieu sans nom')}",
        "ADR:" + ";".join(_escaped(part or "") for part in address),
    ]
    if row["latitude"] is not None and row["longitude"] is not None:
        lines.append(f"GEO:geo:{row['latitude']:.6f},{row['longitude']:.6f}")
    if row["telephone"]:
        lines.append(f"TEL;VALUE=uri:tel:{row['telephone']}")
    lines += [f"EMAIL:{_escaped(each)}" for each in (row["courriels"] or "").split("|") if each]
    lines += [f"URL:{''.join(each.split())}" for each in (row["site_web"] or "").split("|") if each]
    if row["services"]:
        lines.append("CATEGORIES:" + ",".join(_escaped(each) for each in row["services"].split("|")))
    if row["horaires"]:
        lines.append(f"NOTE:{_escaped('Horaires : ' + row['horaires'])}")
    if row["date_maj"]:
        lines.append(f"REV:{row['date_maj'].replace('-', '')}T000000Z")
    return [*lines, "END:VCARD"]


def _escaped(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return escaped.replace("\r\n", "\\n").replace("\n", "\\n").replace("\r", "\\n")


def _folded(line: str) -> str:
    """Line broken after 75 octets, never inside a character; continuations begin with a blank."""
    pieces, piece, size = [], "", 0
    for character in line:
        octets = len(character.encode())
        if size + octets > LINE_OCTETS:
            pieces.append(piece)
            piece, size = "", 1
        piece += character
        size += octets
    return "\r\n ".join([*pieces, piece]) + "\r\n"
