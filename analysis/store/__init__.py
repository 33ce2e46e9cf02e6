"""The store: one HDF5 file that holds an experiment. Imports neither torch nor manim."""
