"""
What every geocoder here answers: one `Candidate`, one protocol, one scale of confidence.

Engines differ in their own scores and none of those is calibrated; `confidence` is computed by us from the answer and the
question, the same way whichever engine found it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ACCEPT_CONFIDENCE", "BATCH_COLUMNS", "Candidate", "Geocoder", "batch_frame"]

# Answers below are shown to a person who can choose, never taken by the nightly build.
ACCEPT_CONFIDENCE = 0.8

BATCH_COLUMNS = (
    "status",
    "label",
    "lon",
    "lat",
    "precision",
    "confidence",
    "uncertainty_m",
    "code_insee",
    "code_postal",
    "commune",
    "departement",
    "numero",
    "voie",
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    One possible position of an address.

    Attributes
    ----------
    label : str
        As a person would write it: "12 Rue de la République 69002 Lyon".
    lon, lat : float
        Decimal degrees, EPSG:4326.
    precision : str
        `housenumber`, `interpolated`, `street`, `locality` or `municipality`.
    code_insee : str
        Current commune; never an arrondissement.
    code_postal : str
        Empty when unknown.
    commune : str
        Its official name, with the arrondissement where the question named one.
    confidence : float
        0-1, ours: how much of the question the answer explains. 0.8 and above may be taken without a person looking.
    uncertainty_m : float
        Radius in metres around the point.
    departement : str
        Code of the département.
    numero, voie : str
        House number that was found and street or hamlet; empty when the answer is a commune.
    """

    label: str
    lon: float
    lat: float
    precision: str
    code_insee: str
    code_postal: str
    commune: str
    confidence: float
    uncertainty_m: float
    departement: str
    numero: str = ""
    voie: str = ""


class Geocoder(Protocol):
    """What the stage, the commands and the service need of an engine."""

    @property
    def version(self) -> str:
        """Engine and version of its data: answers of another version are asked again."""
        ...

    def search(
        self,
        q: str,
        *,
        limit: int = 1,
        lon: float | None = None,
        lat: float | None = None,
        code_insee: str | None = None,
        code_postal: str | None = None,
    ) -> list[Candidate]:
        """Candidates for one line of text, best first."""
        ...

    def batch(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Answers to the rows of a frame (`adresse`, `code_postal`, `commune`, `code_insee`), same index, `BATCH_COLUMNS`."""
        ...

    def reverse(self, lon: float, lat: float) -> list[Candidate]:
        """Candidates around a point, nearest first."""
        ...


def batch_frame(answers: list[Candidate | str], index: pd.Index) -> pd.DataFrame:
    """
    Answers as a frame; an answer that is a text is a status without a candidate (`not-found`, `ambiguous`, `error`, `skipped`).

    Examples
    --------
    >>> import pandas as pd
    >>> batch_frame(["not-found"], pd.Index([7]))["status"].tolist()
    ['not-found']
    """
    import pandas as pd  # the search box, which only searches, starts without it

    rows = [
        dict.fromkeys(BATCH_COLUMNS) | {"status": each}
        if isinstance(each, str)
        else {"status": "ok"} | {name: getattr(each, name) for name in BATCH_COLUMNS[1:]}
        for each in answers
    ]
    frame = pd.DataFrame(rows, columns=list(BATCH_COLUMNS), index=index)
    numbers = ["lon", "lat", "confidence", "uncertainty_m"]
    return frame.astype(dict.fromkeys(numbers, "float64") | dict.fromkeys(set(BATCH_COLUMNS) - set(numbers), "str"))
