"""Reading files that others made: in a process of its own first, with limits of time and memory."""
