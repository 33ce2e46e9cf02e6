"""An explorable article on a store, in one HTML file. Joins `analysis` (data) and `scenes` (films, colours)."""

if __name__ == "page":  # its name in version 0.1, in a checkout
    from weightreel.former_names import stand_in

    stand_in(__name__)
