"""
A builder that dies: run as a program by test_crash.py, it forks one build for each line it is given.

A line is `<size> <event> <delay>`: a release of a town of that size is written, or for 0 the current one is published. At the
n-th touch of the file system (0: never) the build kills itself with SIGKILL, and after so many seconds it is killed (negative:
never). The answer is its exit status.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import types
import warnings
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
# A distribution may have left a package of that name in site-packages: ours is this folder.
sys.modules["tests"] = types.ModuleType("tests")
sys.modules["tests"].__path__ = [str(TESTS)]

from mediation_geo.release import write_release  # noqa: E402 (after the path of the tests is known)
from mediation_geo.release.publication import write_publication  # noqa: E402
from tests.release.tables import town  # noqa: E402

TOUCHES = {"open", "os.rename", "os.symlink", "os.mkdir", "os.chmod", "os.remove", "os.rmdir"}


def kill_at(event: int) -> None:
    touched = 0

    def count(name: str, _arguments: object) -> None:
        nonlocal touched
        if name in TOUCHES:
            touched += 1
            if touched == event:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def main(folder: str) -> None:
    # Only imports ran so far, so the threads Arrow may have started hold no lock that the fork could copy.
    warnings.simplefilter("ignore", DeprecationWarning)
    for line in sys.stdin:
        size, event, delay_s = line.split()
        child = os.fork()
        if child == 0:
            tables = town(int(size), as_of="2026-11-21")
            kill_at(int(event))
            if int(size):
                write_release(folder, **tables)
            else:
                write_publication(folder, Path(folder) / "site", base_url="https://exemple.fr", publisher="x", formats=["csv"])
            os._exit(0)
        if float(delay_s) >= 0:
            time.sleep(float(delay_s))
            os.kill(child, signal.SIGKILL)
        sys.stdout.write(f"{os.waitpid(child, 0)[1]}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1])
