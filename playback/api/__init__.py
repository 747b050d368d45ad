"""The JSON API of the playback half, a module for each thing it is about."""
