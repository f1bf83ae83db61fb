"""Recommendation: arrays and ids in, ids and scores out. Knows neither database nor request."""
