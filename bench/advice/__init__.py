"""What could help a workload, and which of it to take.

``candidates``  from statements, plans and catalog to what is worth trying. Pure
``menus``       the plans of a query and class that were measured, and which of them a set of candidates gives. Pure
``choosing``    the sets worth having: step by step, for a budget, the least that meets the target. Pure
``curves``      the best sets for growing budgets. Pure
``prices``      what a candidate costs for as long as it stays. Pure
``blocks``      candidates as blocks of optimizations.sql. Pure
"""
