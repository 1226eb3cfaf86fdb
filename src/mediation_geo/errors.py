"""
The exceptions of mediation_geo: a bad run raises one of these, a bad row is an issue instead.

MediationGeoError
+- SettingsError            a setting is missing or has a value that cannot be used
+- SourceError              a source file or address cannot be read as what it should be
|  +- SourceUnavailable     the source does not answer, or the file is not there
|  +- ChecksumMismatch      the bytes are not those that were promised
|  +- SchemaMismatch        columns or values are not those of a known dialect
+- GeocoderError
|  +- GeocoderUnavailable   no answer: asking again later can help
|  +- GeocoderProtocolError an answer that breaks the contract
+- CRSMismatch              a frame in another coordinate reference system (also a ValueError)
+- RequestError             a question to the register that names something unknown
+- ReleaseNotFound          no published release where one was expected
+- RowLedgerError           a stage lost or invented a row: always a bug, never caught
+- PublishRefused           a gate failed; carries the list of failed gates
+- OverrideConflict         human decisions contradict each other; carries the path
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "CRSMismatch",
    "ChecksumMismatch",
    "GeocoderError",
    "GeocoderProtocolError",
    "GeocoderUnavailable",
    "MediationGeoError",
    "OverrideConflict",
    "PublishRefused",
    "ReleaseNotFound",
    "RequestError",
    "RowLedgerError",
    "SchemaMismatch",
    "SettingsError",
    "SourceError",
    "SourceUnavailable",
]


class MediationGeoError(Exception):
    """Base of everything this package raises on purpose."""


class SettingsError(MediationGeoError):
    """A setting is missing or has a value that cannot be used."""


class SourceError(MediationGeoError):
    """
    A source cannot be read as what it should be.

    Parameters
    ----------
    message : str
        What was found and what was expected.
    path : str, optional
        The file or address.
    line : int, optional
        1-based line of the file where reading failed, when known.

    Examples
    --------
    >>> str(SourceError("no column 'nom'", path="lieux.csv", line=1))
    "lieux.csv, line 1: no column 'nom'"
    """

    def __init__(self, message: str, *, path: str | None = None, line: int | None = None) -> None:
        self.message = message
        self.path = path
        self.line = line
        where = path or ""
        if line is not None:
            where = f"{where}, line {line}" if where else f"line {line}"
        super().__init__(f"{where}: {message}" if where else message)


class SourceUnavailable(SourceError):
    """The source does not answer, or the file is not there."""


class ChecksumMismatch(SourceError):
    """The bytes are not those that were promised."""


class SchemaMismatch(SourceError):
    """Columns or values are not those of a known dialect."""


class GeocoderError(MediationGeoError):
    """A geocoder failed as a whole."""


class GeocoderUnavailable(GeocoderError):
    """The geocoder did not answer: asking again later can help."""


class GeocoderProtocolError(GeocoderError):
    """The geocoder answered something that breaks its contract."""


class CRSMismatch(MediationGeoError, ValueError):
    """A frame is in another coordinate reference system than the function needs."""


class RequestError(MediationGeoError, ValueError):
    """
    A question to the register names an unknown parameter or value.

    Parameters
    ----------
    parameter : str
        Name of the parameter at fault.
    message : str
        What was wrong and what would be right; never contains an address that a person typed.
    allowed : sequence of str, optional
        The admitted values, where they can be listed.

    Examples
    --------
    >>> error = RequestError("besoin", "unknown value 'cafe'", allowed=["demarches"])
    >>> str(error)
    "besoin: unknown value 'cafe'"
    """

    def __init__(self, parameter: str, message: str, *, allowed: Sequence[str] = ()) -> None:
        self.parameter = parameter
        self.message = message
        self.allowed = tuple(allowed)
        super().__init__(f"{parameter}: {message}")


class ReleaseNotFound(MediationGeoError):
    """No published release where one was expected."""


class RowLedgerError(MediationGeoError):
    """A stage lost or invented a row: always a bug, never caught."""


class PublishRefused(MediationGeoError):
    """
    A release was not published because gates failed.

    Parameters
    ----------
    failed_gates : sequence of str
        One sentence for each failed gate.
    """

    def __init__(self, failed_gates: Sequence[str]) -> None:
        self.failed_gates = tuple(failed_gates)
        super().__init__("not published: " + "; ".join(self.failed_gates))


class OverrideConflict(MediationGeoError):
    """Human decisions contradict each other; the message shows the path."""
