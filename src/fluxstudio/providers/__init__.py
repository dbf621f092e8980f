"""One folder for each outside service; nothing outside a folder names its provider."""
