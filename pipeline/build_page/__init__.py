"""What a build's page tells: the verdict, the pod, bids, differences, findings, each with its reason."""
