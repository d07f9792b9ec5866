"""Servers that several test files share."""

from tests.triton_server import triton_home, triton_url

__all__ = ["triton_home", "triton_url"]
