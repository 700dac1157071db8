"""The examples inside real schedulers: `python -m tests.schedulers` installs and runs them."""
