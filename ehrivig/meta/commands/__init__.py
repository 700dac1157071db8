"""What the command line calls: each reads, computes and writes one folder."""
