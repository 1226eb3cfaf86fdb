"""`/proches`: the nearest fitting places, and `/adresses`, which completes what a person types."""
