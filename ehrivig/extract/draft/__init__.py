"""A first layout from what a dump looks like: names, types, values, and dumps that are known."""
