"""From a tag or a document to the ads to play: the client, the wrappers it follows, the network behind one door."""
