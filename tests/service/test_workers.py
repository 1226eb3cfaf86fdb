"""Several processes over one release end when told to, at whatever moment the word comes."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# Many children, so that the word often comes while they are being made.
_PROGRAM = """
import os, pathlib, sys, time
from mediation_geo.service.snapshot import store_of
from mediation_geo.service.workers import supervise

def work():
    os.write(1, b"at work\\n")
    while True:
        time.sleep(0.01)

supervise(store_of(pathlib.Path(sys.argv[1])), workers=30, work=work)
"""


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT])
def test_the_supervisor_ends_whenever_it_is_told(tmp_path: Path, told: signal.Signals) -> None:
    moments = random.Random(2026)
    for _ in range(4):
        with subprocess.Popen([sys.executable, "-c", _PROGRAM, str(tmp_path)], stdout=subprocess.PIPE) as process:
            try:
                assert process.stdout is not None
                process.stdout.readline()
                time.sleep(moments.random() * 0.02)
                process.send_signal(told)
                assert process.wait(timeout=120) == 0
            finally:
                process.kill()
