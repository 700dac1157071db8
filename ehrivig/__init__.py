"""From a hospital warehouse dump to a defensible treatment-effect study."""
