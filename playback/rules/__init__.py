"""Interruption rules of providers and publishers: edited, pictured, weighed against what is published, kept."""
