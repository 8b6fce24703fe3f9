"""The stress test: many times the expected load on a staged site, in a process of its own.

What one worker can do, what a prediction takes under load, where the latency breaks, whether memory grows,
and how many workers the expected peak needs. Requirements on latency and throughput are judged here.
"""

from core.checks.stress.check import execute

__all__ = ["execute"]
