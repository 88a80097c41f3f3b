"""The records that the stages hand to each other, and nothing else.

Frozen and typed; the unit is part of the field name (``_ms``, ``_bytes``). A ``Run`` is what ``run.json`` holds:
raw samples and plans, no derived figure. docs/file-format.md describes it field by field.

``workload``  what the files of a workload say
``plan``      what EXPLAIN says of one execution
``run``       what was seen
``vocabulary``  how every verdict looks
``churn``     what was seen of a phase of writes that ages a database
``cold``      what was seen of executions with emptied caches
``attribution``  what was seen of the four sides of each optimization
``since``     what moved since the run before
``known``     what other results said of the workload
``coverage``  what was seen of statements that are another one in one clause
``load``      what was seen of a workload under load
``maintenance``  what was seen of procedures that keep an aged database fast
``traps``     what was seen of plans that can turn against their users
"""

from __future__ import annotations

from bench.model.attribution import (
    Attribution,
    Churn,
    ForeignKeyFacts,
    GainCell,
    IndexFacts,
    IndexKey,
    LeftOut,
    Load,
    SetTried,
    Shipped,
    ShipWay,
    Stored,
    Tried,
    Write,
    WriteCost,
    WriteSeen,
)
from bench.model.churn import Aged, ChurnPhase, TableChurned
from bench.model.cold import ColdBlocks, ColdCaches
from bench.model.coverage import ClauseCoverage, ClauseSeen
from bench.model.dataset import Bar, Check, Dataset, Distribution, TableSeen
from bench.model.known import KnownAnswer
from bench.model.plan import Counters, Json, PlanSeen
from bench.model.relation import Relation
from bench.model.run import (
    DIFFERENCES,
    Applied,
    Binding,
    BindingPlan,
    CellSide,
    CopiesDiffer,
    Difference,
    Equality,
    EqualityWord,
    Look,
    Machine,
    Options,
    Pair,
    Run,
    RunStatus,
    Sample,
    Upkeep,
    Verdict,
    VerdictRule,
)
from bench.model.server import ForcedSetting, Server
from bench.model.since import MovedCell, Since
from bench.model.workload import (
    STATES,
    Arm,
    CaughtBy,
    ClusterForm,
    DistributedTable,
    Injection,
    InjectionKind,
    Optimization,
    Parameter,
    Query,
    Rewrite,
    Scheduled,
    State,
    Statement,
)

__all__ = [
    "DIFFERENCES",
    "STATES",
    "Aged",
    "Applied",
    "Arm",
    "Attribution",
    "Bar",
    "Binding",
    "BindingPlan",
    "CaughtBy",
    "CellSide",
    "Check",
    "Churn",
    "ChurnPhase",
    "ClauseCoverage",
    "ClauseSeen",
    "ClusterForm",
    "ColdBlocks",
    "ColdCaches",
    "CopiesDiffer",
    "Counters",
    "Dataset",
    "Difference",
    "DistributedTable",
    "Distribution",
    "Equality",
    "EqualityWord",
    "ForcedSetting",
    "ForeignKeyFacts",
    "GainCell",
    "IndexFacts",
    "IndexKey",
    "Injection",
    "InjectionKind",
    "Json",
    "KnownAnswer",
    "LeftOut",
    "Load",
    "Look",
    "Machine",
    "MovedCell",
    "Optimization",
    "Options",
    "Pair",
    "Parameter",
    "PlanSeen",
    "Query",
    "Relation",
    "Rewrite",
    "Run",
    "RunStatus",
    "Sample",
    "Scheduled",
    "Server",
    "SetTried",
    "ShipWay",
    "Shipped",
    "Since",
    "State",
    "Statement",
    "Stored",
    "TableChurned",
    "TableSeen",
    "Tried",
    "Upkeep",
    "Verdict",
    "VerdictRule",
    "Write",
    "WriteCost",
    "WriteSeen",
]
