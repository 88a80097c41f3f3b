"""The site of README.md and docs/, as Sphinx reads it: ``make docs`` writes build/site/.

Pages stand where the repository has them, so that their links are the same in both; ``pages.py`` has their order.
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "pgproof"
version = release = __version__
extensions = ["myst_parser", "pages", "repository", "reachable", "links"]

root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/decisions/*.md"]
exclude_patterns = [".*", "bench", "benchmarks", "build", "dist", "examples", "reports", "tests"]
myst_heading_anchors = 4
highlight_language = "text"
suppress_warnings = ["misc.highlighting_failure"]  # statements here have $1 and …

html_theme = "furo"
html_title = "pgproof"
html_static_path = ["site.css", "site.js"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_use_index = False
