"""What a standalone file is made of: plain functions of which only the needed ones are copied into it.

Everything here runs on Python 3.8 with nothing but the standard library, and names are unique across the
files: ``core/standalone/library.py`` copies functions with all that they use. Sums are loops, because ``sum``
adds floats in another way since Python 3.12. Each function does what the row path of the native step does, in
the same order.
"""
