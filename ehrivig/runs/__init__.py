"""The machinery of a run: hospitals, workers, memory, manifest, history, metrics."""
