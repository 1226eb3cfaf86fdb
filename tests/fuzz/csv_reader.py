"""
Any bytes as a delimited file: read, or refused with the file's name; every row has all columns, and the ledger holds.

The first byte chooses: the reader alone, or all of ingest over rows under the header of the standard.
"""

from __future__ import annotations

import atheris

with atheris.instrument_imports(include=["mediation_geo.ingest"], enable_loader_override=False):
    from mediation_geo.errors import SourceError
    from mediation_geo.ingest import read_source
    from mediation_geo.ingest.read import open_raw

from harness import broken, file_of, fuzz

HEADER = (
    b"id;pivot;nom;commune;code_postal;code_insee;adresse;latitude;longitude;telephone;courriels;site_web;horaires;"
    b"services;date_maj\n"
)
SEEDS = [
    b"\x00id,nom\n1,Mairie\n",
    '\x00id;nom\r\n1;"Médiathèque ""B"""\r\n2\r\n3;a;b\r\n'.encode(),
    "\x00id\tnom\n1\tÉcole\n".encode("utf-16"),
    "\x00id|nom|commune\n1|Fablab d'été|Lattes\n".encode("cp1252"),
    "\x011;13002603200016;Mairie;Lattes;34970;34129;1 av. de Montpellier;43,57;3.9;0467000000;a@b.fr;http://x.fr;Mo 09:00-12:00;"
    "Aide aux démarches administratives;2026-01-01\n".encode(),
]


def one_input(content: bytes) -> None:
    whole = content[:1] == b"\x01"
    with file_of(HEADER + content[1:] if whole else content[1:], suffix=".csv") as path:
        try:
            if whole:
                read_source(path, feed="standard")
                return
            raw = open_raw(path)
            rows = [chunk.frame for chunk in raw.read(3)]
        except SourceError as error:
            if path.name not in str(error):
                broken(f"a message without the file: {error}")
            return
    numbers = [number for frame in rows for number in frame.index]
    if numbers != list(range(1, len(numbers) + 1)) or any(tuple(frame.columns) != tuple(raw.columns) for frame in rows):
        broken(f"rows {numbers[:9]} of columns {raw.columns[:9]}")


if __name__ == "__main__":
    fuzz(one_input, seeds=SEEDS, words=['"', '""', ";", "\r\n", "\ufeff", "é", "\x00", "06 00 00 00 00", "24/7", "1e999", "NaN"])
