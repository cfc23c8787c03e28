# SPDX-License-Identifier: Apache-2.0
"""Scenes that tests share."""

import types

import pytest

from lab.host import LabError
from lab.shared import Shared


def test_a_failed_test_does_not_fail_the_next(installed):
    session = types.SimpleNamespace(testsfailed=0)
    with Shared(installed, lambda scene: scene) as shared:
        with shared.lend(session) as first:
            pass
        with shared.lend(session) as second:
            session.testsfailed += 1  # as pytest does before the fixture ends
        assert second is first
        with shared.lend(session) as third:
            pass
        assert third is not first


def test_a_test_whose_set_up_fails_does_not_fail_the_next(installed):
    session = types.SimpleNamespace(testsfailed=0)
    with Shared(installed, lambda scene: scene) as shared:
        with pytest.raises(LabError), shared.lend(session) as first:
            raise LabError("it cannot be reset")
        with shared.lend(session) as second:
            assert second is not first
