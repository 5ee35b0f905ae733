"""Settings and fixtures for the whole suite."""

import signal

import pytest
from hypothesis import settings

# A busy machine is not a bug: examples have no time limit of their own.
settings.register_profile("repo", deadline=None, max_examples=60)
settings.load_profile("repo")

# Under nohup, or in a script's background, what the tests start would ignore these, too.
for number in (signal.SIGHUP, signal.SIGINT):
    if signal.getsignal(number) == signal.SIG_IGN:
        default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, default)


@pytest.fixture
def thin_networks(monkeypatch):
    """Networks of a few channels: encoder "tiny", and a thin VGG-16."""
    from tiny_run import shrink_networks

    shrink_networks(monkeypatch.setitem, monkeypatch.setattr)
