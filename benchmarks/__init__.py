"""Measurements that anyone can repeat; speed is measured here, never in tests."""
