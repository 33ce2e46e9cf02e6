"""`analysis.Recorder` as callbacks of other libraries' training loops; each module needs its library."""
