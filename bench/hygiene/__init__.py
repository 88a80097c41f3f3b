"""What is wrong with the indexes and foreign keys of a schema, from the catalog's facts alone. Pure.

``findings``           everything that is wrong, and the statement that mends it
``fk_indexes``         which index finds the rows that refer to a deleted one
``redundant_indexes``  which index does everything that another one does
"""
