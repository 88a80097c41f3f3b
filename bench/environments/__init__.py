"""What the files define, and what databases that others work on hold of it.

``record``      what was read: the files' objects with and without each optimization, and those of an environment
``files``       the files' state, built on a server of pgproof's own, block by block
``living``      the objects of a database, read only
``differences`` one set of objects held against another; pure
``judge``       what an environment lacks, has otherwise, or has beside the files, and which optimizations it has; pure
``lock``        all of the files' objects as a document to commit, and back
``words``       the lines that a reader sees
"""
