"""The fuzz targets are programs: they are run by `test_fuzz.py`, never imported."""

from __future__ import annotations

collect_ignore = ["csv_reader.py", "json_reader.py", "cql2_filter.py", "hours_text.py", "web_parameters.py"]
collect_ignore += ["harness.py", "reading.py"]
