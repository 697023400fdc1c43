"""Measures the rules against recordings of a real kubelet."""
