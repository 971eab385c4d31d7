"""Pages about taste, lineage and review, a module per subject."""
