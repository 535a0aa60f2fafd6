"""The order of the suite."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow tests begin, so that no process waits at the end for another that has just taken one."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)
