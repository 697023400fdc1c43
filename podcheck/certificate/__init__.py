"""Certificates: what makes a verdict checkable by someone who does not trust podcheck's solver."""
