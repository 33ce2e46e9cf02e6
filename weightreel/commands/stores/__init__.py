"""Commands that read stores and draw nothing."""
