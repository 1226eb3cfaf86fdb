"""
What several signs of a pair mean together.

Columns of single signs in, columns of their products added. Nothing here looks at a record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_combinations"]

_SAME_WORDS = 0.95


def add_combinations(columns: dict[str, NDArray[np.float64]]) -> None:
    """
    Add products of single signs: an equal phone says more next door than across the département.

    Parameters
    ----------
    columns : dict of str to numpy.ndarray of float64, shape (m,)
        Single signs of `m` pairs, changed in place.

    Notes
    -----
    A regression adds its signs up; what only holds together has to be a sign of its own.
    """
    near = np.maximum(columns["here"], columns["same_address"])
    contact = np.maximum(columns["tel_eq"], columns["mail_eq"])
    columns["near"] = near
    columns["near_kind_eq"] = near * columns["kind_eq"]
    columns["near_kind_ne"] = near * columns["kind_ne"]
    columns["near_contact"] = near * contact
    columns["near_name"] = near * columns["name"]
    columns["contact_name"] = contact * columns["name"]
    columns["contact_insee_ne"] = contact * columns["insee_ne"]
    # Word for word the same name in the same street, though a position or a code of the commune may be wrong.
    columns["name_street"] = (
        columns["name_eq"] * (columns["street"] >= _SAME_WORDS) * (1 - columns["street_miss"]) * (1 - columns["num_ne"])
    )
    _add_hosts(columns, near=near)
    _add_contradictions(columns)
    _add_same_source(columns)


def _add_hosts(columns: dict[str, NDArray[np.float64]], *, near: NDArray[np.float64]) -> None:
    # The host that gives the desk's own mail box speaks for the desk.
    columns["label_mail"] = columns["label_one"] * columns["mail_eq"]
    columns["label_admin_near"] = columns["label_admin"] * near
    # A town hall's offices under two names are two places more often than one.
    columns["admin_both"] = columns["admin"] * (1 - columns["name_eq"])
    # An association's SIRET at one address is one place; that of a town or a département covers all its services.
    columns["siret_here"] = columns["siret_private"] * np.maximum(columns["here"], columns["same_street"])


def _add_contradictions(columns: dict[str, NDArray[np.float64]]) -> None:
    other_contact = np.maximum(columns["tel_ne"], columns["mail_ne"])
    # Two desks of one name: it says less where a phone or a mail differs, unless they stand in one street.
    columns["name_other_contact"] = columns["name"] * other_contact * (1 - columns["name_street"])
    columns["tel_eq_mail_ne"] = columns["tel_eq"] * columns["mail_ne"]


def _add_same_source(columns: dict[str, NDArray[np.float64]]) -> None:
    # A source that lists two names that resemble each other means two places.
    columns["same_src_name"] = columns["same_src"] * columns["name_eq"]
    columns["same_src_specific"] = columns["same_src"] * columns["specific"]
