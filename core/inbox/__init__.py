"""The inbox: surprising rows of production and of back-tests, to become cases or to be dismissed."""

from core.inbox.deciding import accept, dismiss, document, listing, reopen

__all__ = ["accept", "dismiss", "document", "listing", "reopen"]
