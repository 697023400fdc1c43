"""What editors ask about specs and manifests."""
