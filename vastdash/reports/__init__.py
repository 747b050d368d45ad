"""Reports of what people made here: shared by a link that ends, or taken along as a file."""
