"""Profiles of providers and publishers as one YAML or JSON document: written, read, weighed against what is stored."""
