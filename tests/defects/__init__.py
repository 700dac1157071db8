"""Every kind of the bad-data catalogue planted alone, and what the gate makes of it."""
