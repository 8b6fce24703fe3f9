"""The panel's own widgets: a table that changes in place, a plot, one-line bars."""
