"""Pages: one file, no network, in light and dark, and whole without their script."""
