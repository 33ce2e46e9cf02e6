"""Speed as ratios to peers, both measured in one run."""
