"""Fixes: proposed, tried in the text, and offered where they are proved."""
