"""Several stored runs beside each other."""
