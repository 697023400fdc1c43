"""A run of podcheck's, forced on a real cluster: a manifest and a script."""
