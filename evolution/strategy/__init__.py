"""Breeding of mixers against what is believed of a taste.

Fitness is a belief, not a count of wins: winners of a few battles that breed freely breed noise.
"""

from evolution.strategy.breeder import Breeder, Plan
from evolution.strategy.population import Individual, key_of
from evolution.strategy.trial import Believed, StageMaker, Trial, Tries

__all__ = [
    "Believed",
    "Breeder",
    "Individual",
    "Plan",
    "StageMaker",
    "Trial",
    "Tries",
    "key_of",
]
