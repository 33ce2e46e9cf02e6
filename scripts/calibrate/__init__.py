"""How often intervals of alpha hold the exponent: on spectra whose law is known, by their numbers of eigenvalues."""
