"""
The process manager: runs a process at once and keeps nothing.

pygeoapi's managers write every call to a job file that anybody can list, and call addresses that a stranger sends. Ours has no
jobs, no files and no outgoing request.
"""

# ruff: noqa: ARG002 - the signatures are pygeoapi's

from __future__ import annotations

import uuid
from typing import Any

from pygeoapi.process.base import JobNotFoundError
from pygeoapi.process.manager.base import BaseManager
from pygeoapi.util import JobStatus

__all__ = ["NoStoreManager"]


class NoStoreManager(BaseManager):  # type: ignore[misc]  # pygeoapi has no types
    """Executes synchronously; errors of a process go to the caller as they are."""

    def get_jobs(self, status: Any = None, limit: Any = None, offset: Any = None) -> dict[str, Any]:
        """No jobs, ever."""
        return {"jobs": [], "numberMatched": 0}

    def get_job(self, job_id: str) -> dict[str, Any]:
        """
        Never found.

        Raises
        ------
        JobNotFoundError
            Always.
        """
        raise JobNotFoundError

    def execute_process(
        self,
        process_id: str,
        data_dict: dict[str, Any],
        execution_mode: Any = None,
        requested_outputs: Any = None,
        subscriber: Any = None,
        requested_response: Any = None,
        **_options: Any,
    ) -> tuple[str, str, Any, Any, dict[str, str] | None]:
        """Result of a process; a subscriber is never called."""
        media_type, outputs = self.get_processor(process_id).execute(data_dict, outputs=requested_outputs)
        return str(uuid.uuid4()), media_type, outputs, JobStatus.successful, None
