"""A version as one Python file that needs nothing but Python, and, where it can be, as one SQL expression."""

from core.standalone.export import export_standalone
from core.standalone.source import standalone_source

__all__ = ["export_standalone", "standalone_source"]
