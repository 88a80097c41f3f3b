"""The CRM that comes with pgproof, read once for all tests of a worker: a third of a second."""

from __future__ import annotations

from bench.workload import read
from tests import ROOT

CRM = read(ROOT)
