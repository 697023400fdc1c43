"""Kubernetes manifests as pods."""
