"""The layout check: every film, at the end of every beat and along its sweeps, is looked at as a viewer would.

`weightreel look STORE` prints what is wrong. A film is built without being
rendered; the classes that watch it exist only while it is checked, so a plain render pays nothing.
"""
