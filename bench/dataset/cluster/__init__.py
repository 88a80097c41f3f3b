"""Rows made and copied in by the workers of a Dask cluster; Dask is imported by nothing else."""
