"""Multiple imputation and the pooling of its answers."""
