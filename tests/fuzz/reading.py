"""The law of every reader, for the targets that feed them: bytes in; read whole, or refused with the name of the file."""

from __future__ import annotations

import atheris

with atheris.instrument_imports(include=["mediation_geo.ingest"], enable_loader_override=False):
    from mediation_geo.errors import SourceError
    from mediation_geo.ingest import read_source
    from mediation_geo.ingest.read import open_raw

from harness import broken, file_of


def read_or_refused(content: bytes, *, suffix: str, header: bytes = b"") -> None:
    """The first byte chooses: 1 is all of ingest over what follows the header, anything else the reader alone."""
    whole = content[:1] == b"\x01"
    with file_of(header + content[1:] if whole else content[1:], suffix=suffix) as path:
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
