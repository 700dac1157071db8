"""A user's own code lists held against an extract: what each line finds, and what lies near."""
