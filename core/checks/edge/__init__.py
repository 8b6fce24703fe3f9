"""The edge test: rows that production will one day see and training did not, through a staged site.

Each edge row says what must hold of its answer (:mod:`core.checks.edge.rows`): no crash; a finite answer of
the right shape inside the plausible range of the target; or a clean refusal of what is malformed; or another
link of the chain where the production configuration says so. What does not hold is listed by column, with the
row that shows it.

The idea of testing a model's behaviour by capabilities, invariances and directions follows Ribeiro et al.,
"Beyond Accuracy: Behavioral Testing of NLP Models with CheckList" (ACL 2020).
"""

from core.checks.edge.check import execute

__all__ = ["execute"]
