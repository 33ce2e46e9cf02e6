"""The one exception that a user is meant to read."""


class WeightreelError(Exception):
    """Bad input, told in one sentence that names the file, key or option, and the remedy.

    The command line prints it without a traceback and leaves with exit code 2.
    """


class NothingToShow(WeightreelError):
    """A store lacks what a film is about; other films of it may be whole."""


PASSED_OVER = 4
"""Exit code of a film that was asked for with others, and for which the store holds nothing."""
