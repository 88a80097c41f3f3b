"""What could help a workload, and which of it to take.

``candidates``  from statements, plans and catalog to what is worth trying. Pure
"""
