"""All SQL on jobs: their rows, and the fair choice of the next one."""
