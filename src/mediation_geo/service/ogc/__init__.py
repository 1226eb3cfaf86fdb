"""The OGC API under `/ogcapi`: pygeoapi as the host, its documents, and the items of the collections."""
