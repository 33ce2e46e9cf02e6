"""Chapters of the film on perturbations: one picture that is changed, and how many survive which change."""
