"""How an answer comes about: limits and input policy, routing, the chain, what runs in a child, shadows.

:mod:`incumbent.answering.live` is one configuration with everything open; the predictor holds one and
replaces it whole.
"""
