# SPDX-License-Identifier: Apache-2.0
"""Keeps a scene for many tests, because it takes seconds to build.

A test that fails may leave its scene in any state. The next test gets a new one, so that it does not fail
for the same reason.
"""

import contextlib

import pytest

from .host import Host
from .scene import Scene


class Shared:
    """make(scene) returns the object that the tests use. It is called for the first test, and again for the
    test after one that failed. A context manager."""

    def __init__(self, installed, make):
        self._installed, self._make = installed, make
        self._host = self._made = None

    @contextlib.contextmanager
    def lend(self, session):
        """The object, for one test of a pytest session."""
        failures = session.testsfailed
        try:
            if self._host is None:
                self._build()
            yield self._made
        except BaseException:
            self._remove()
            raise
        if session.testsfailed != failures:
            self._remove()

    def _build(self):
        self._host = Host()
        self._host.__enter__()
        self._made = self._make(Scene(self._host, self._installed))

    def _remove(self):
        host, self._host, self._made = self._host, None, None
        if host:
            host.__exit__(None, None, None)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._remove()


def shared_fixture(make, scope="module"):
    """The fixture that has a Shared for make(). The fixture "pair" of overlay_fixtures.py lends what is in
    the fixture "shared_pair" of a file."""
    @pytest.fixture(scope=scope)
    def shared(installed):
        with Shared(installed, make) as it:
            yield it

    return shared
