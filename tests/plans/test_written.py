"""A plan in EXPLAIN's text format, made-up nodes; tests/plans/test_text.py holds it against a server."""

from __future__ import annotations

from bench.plans import explain_text
from tests.plans.test_plans import node


def test_nodes_are_indented_as_the_server_does_with_names_costs_and_loops() -> None:
    inner = node("Seq Scan", Relation_Name="b", Alias="c", Actual_Loops=3, Startup_Cost=0, Total_Cost=12.345,
                 Plan_Rows=7, Plan_Width=8, **{"Actual Rows": 2.5})  # fmt: skip
    never = node("Seq Scan", Relation_Name="d", Alias="d", Actual_Loops=0)
    cte = node("Result", inner) | {"Subplan Name": "CTE x"}
    assert explain_text(node("Limit", cte, node("Sort", never))).split("\n") == [
        "Limit (actual rows=1 loops=1)",
        "  CTE x",
        "    ->  Result (actual rows=1 loops=1)",
        "          ->  Seq Scan on b c  (cost=0.00..12.35 rows=7 width=8) (actual rows=2.50 loops=3)",
        "  ->  Sort (actual rows=1 loops=1)",
        "        ->  Seq Scan on d (never executed)",
    ]


def test_the_facts_of_a_node_stand_below_it_in_the_server_s_order() -> None:
    made = node(
        "Bitmap Heap Scan", Sort_Key=["a", "b"], Group_Key="c", Sort_Method="quicksort", Sort_Space_Type="Memory",
        Sort_Space_Used=25, Recheck_Cond="(x = 1)", Filter="(y = 2)", Rows_Removed_by_Filter=9,
        Rows_Removed_by_Index_Recheck=4, Heap_Fetches=0, Index_Searches=2, Workers_Planned=2, Workers_Launched=1,
        Exact_Heap_Blocks=11, Lossy_Heap_Blocks=3, Shared_Hit_Blocks=5, Shared_Read_Blocks=6, Temp_Written_Blocks=7,
    )  # fmt: skip
    assert explain_text(made).split("\n")[1:] == [
        "  Sort Key: a, b",
        "  Group Key: c",
        "  Sort Method: quicksort  Memory: 25kB",
        "  Recheck Cond: (x = 1)",
        "  Rows Removed by Index Recheck: 4",
        "  Filter: (y = 2)",
        "  Rows Removed by Filter: 9",
        "  Heap Fetches: 0",
        "  Index Searches: 2",
        "  Workers Planned: 2",
        "  Workers Launched: 1",
        "  Heap Blocks: exact=11 lossy=3",
        "  Buffers: shared hit=5 read=6, temp written=7",
    ]
    assert "  Heap Blocks: lossy=3" in explain_text(made | {"Exact Heap Blocks": 0})
    assert "Heap Blocks" not in explain_text(made | {"Exact Heap Blocks": 0, "Lossy Heap Blocks": 0})
    assert explain_text(node("Result")) == "Result (actual rows=1 loops=1)"


def test_what_took_memory_says_how_much_and_whether_it_was_enough() -> None:
    hashed = node("Hash", Hash_Buckets=1024, Hash_Batches=2, Peak_Memory_Usage=40)
    grouped = node("Aggregate", **{"HashAgg Batches": 5, "Peak Memory Usage": 50, "Disk Usage": 60})
    memoized = node("Memoize", Cache_Mode="logical", Cache_Hits=1, Cache_Misses=2, Cache_Evictions=3, Cache_Overflows=4,
                    Peak_Memory_Usage=6)  # fmt: skip
    kept = node("CTE Scan", Storage="Memory", Maximum_Storage=17)
    said = [explain_text(one).split("\n")[1:] for one in (hashed, grouped, memoized, kept)]
    assert said == [
        ["  Buckets: 1024  Batches: 2  Memory Usage: 40kB"],
        ["  Batches: 5  Memory Usage: 50kB  Disk Usage: 60kB"],
        ["  Cache Mode: logical", "  Hits: 1  Misses: 2  Evictions: 3  Overflows: 4  Memory Usage: 6kB"],
        ["  Storage: Memory  Maximum Storage: 17kB"],
    ]
    assert explain_text(grouped | {"Disk Usage": 0}).endswith("Memory Usage: 50kB")
