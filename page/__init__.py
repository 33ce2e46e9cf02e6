"""An explorable article on a store, in one HTML file. Joins `analysis` (data) and `scenes` (films, colours)."""
