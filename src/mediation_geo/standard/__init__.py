"""The national data standard as data: fields, vocabularies, versions, territories, issue codes, table layouts."""

from __future__ import annotations

from mediation_geo.standard.fields import FIELD_NAMES, FIELDS, LIST_FIELDS, REQUIRED_FIELDS, Field
from mediation_geo.standard.issues import concat_issues, issue_codes, issue_table, no_issues
from mediation_geo.standard.stages import StageResult, check_row_ledger, rejected_ids
from mediation_geo.standard.tables import (
    ISSUES,
    LINKS,
    LOCATED_RECORDS,
    MEMBERS,
    PLACES,
    RECORDS,
    Layout,
    arrow_schema,
    conform,
    from_arrow,
    to_arrow,
)
from mediation_geo.standard.vocabularies import TYPOLOGIES, VOCABULARIES

__all__ = [
    "FIELDS",
    "FIELD_NAMES",
    "ISSUES",
    "LINKS",
    "LIST_FIELDS",
    "LOCATED_RECORDS",
    "MEMBERS",
    "PLACES",
    "RECORDS",
    "REQUIRED_FIELDS",
    "TYPOLOGIES",
    "VOCABULARIES",
    "Field",
    "Layout",
    "StageResult",
    "arrow_schema",
    "check_row_ledger",
    "concat_issues",
    "conform",
    "from_arrow",
    "issue_codes",
    "issue_table",
    "no_issues",
    "rejected_ids",
    "to_arrow",
]
