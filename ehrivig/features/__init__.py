"""What the analysis needs to know about each admission: baseline, exposure, severity, outcomes."""
