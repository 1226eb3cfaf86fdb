"""
Any bytes as JSON of whatever shape: read, or refused with the file's name; every row has all columns, and the ledger holds.

The first byte chooses: the reader alone, or all of ingest over the records of the standard.
"""

from __future__ import annotations

from harness import fuzz
from reading import read_or_refused

ROW = '{"id":"1","nom":"Mairie","commune":"Lattes","code_postal":"34970","adresse":"1 rue A","latitude":43.5,"longitude":3.9}'
SEEDS = [
    b'\x00[{"id": 1, "nom": "Mairie", "a": {"b": [1, null, "x"]}}]',
    b'\x00{"results": [{"id": "1"}], "total": 1}',
    b'\x00{"1": {"nom": "a"}, "2": {"nom": "b"}}',
    b'\x00{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[3,43]},"properties":{"n":1}}]}',
    b'\x00{"id":1}\n{"id":2}\n',
    f"\x01[{ROW},{ROW}]".encode(),
    f'\x01[{ROW[:-1]},"services":["Internet"],"horaires":{{"lundi":"9h-12h"}},"date_maj":20260101}}]'.encode(),
]


def one_input(content: bytes) -> None:
    read_or_refused(content, suffix=".json")


if __name__ == "__main__":
    words = ['"', "[", "]", "{", "}", ":", ",", "null", "true", "1e308", "\\ud800", '"features"', '"properties"', '"geometry"']
    fuzz(one_input, seeds=SEEDS, words=words)
