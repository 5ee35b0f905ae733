"""Settings for the whole suite."""

from hypothesis import settings

# A busy machine is not a bug: examples have no time limit of their own.
settings.register_profile("repo", deadline=None, max_examples=60)
settings.load_profile("repo")
