"""What pages are put together from: each file one part."""
