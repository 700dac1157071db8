"""How every figure and every page of the package looks; knows no step and no study."""
