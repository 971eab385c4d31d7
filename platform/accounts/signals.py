"""What other apps may want to know about people. Receivers run inside the sender's transaction."""

from django.dispatch import Signal

guest_merged = Signal()
"""A guest turned out to be `user`. Arguments: guest, user. The guest's row goes afterwards."""

account_deleted = Signal()
"""Sent before the rows go. Argument: user."""
