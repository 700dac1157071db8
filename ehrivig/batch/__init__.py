"""What is worked on together: several small hospitals, or a share of a large one."""
