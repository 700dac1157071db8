"""Second, slower or plainer implementations, and residuals: what only tests compare with."""
