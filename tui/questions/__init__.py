"""Questions that show, before anybody says yes, what would be different afterwards."""
