"""
Any bytes as a delimited file: read, or refused with the file's name; every row has all columns, and the ledger holds.

The first byte chooses: the reader alone, or all of ingest over rows under the header of the standard.
"""

from __future__ import annotations

from harness import fuzz
from reading import read_or_refused

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
    read_or_refused(content, suffix=".csv", header=HEADER)


if __name__ == "__main__":
    fuzz(one_input, seeds=SEEDS, words=['"', '""', ";", "\r\n", "\ufeff", "é", "\x00", "06 00 00 00 00", "24/7", "1e999", "NaN"])
