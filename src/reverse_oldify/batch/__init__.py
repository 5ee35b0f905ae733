"""A million files: planned, journalled, done by many workers, and accounted for."""
