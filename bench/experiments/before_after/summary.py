"""Decide what a run says: verdicts, effects, what each optimization earned, and the words for it. Pure.

Every report format shows a ``Summary`` and decides nothing itself, so they cannot disagree.

``records``        what a summary is made of
``cells``          one pair of cells: figures, effect, verdict
``queries``        the cells of a query together
``cold``           executions with emptied caches, beside the warm ones
``optimizations``  which plans use what an optimization made
``words``          figures as text
``next_steps``     what to do now
``story``          the sentence, and what was found
"""

from __future__ import annotations

from bench.cells.cell import summarize_pair
from bench.cells.index_use import indexes_used, summarize_optimizations
from bench.cells.query import summarize_query
from bench.cells.records import Summary
from bench.experiments.before_after.sentences import tell
from bench.model import Run


def summarize(run: Run) -> Summary:
    """Compute everything that a report of ``run`` shows; complete, partial and failed runs alike."""
    cells = [summarize_pair(pair, run.options.target_ms) for pair in run.pairs]
    queries = tuple(
        summarize_query(query, tuple(cell for cell in cells if cell.query == query.name), indexes_used(run, query.name))
        for query in run.queries
        if run.pairs or not run.attribution  # an attribution by itself times no query
    )
    return tell(run, queries, summarize_optimizations(run))
