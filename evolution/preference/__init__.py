"""The preference model: what the crowd and each listener like, learnt from votes.

Utility is a parabola per audible descriptor of the mix as heard; votes are logistic in differences
of utility, with ties, habits and lapses; listeners are pooled partially. Pure: no Django.
"""

from evolution.preference.claims import FURTHEST, Claim, claims, influence
from evolution.preference.crowd import Crowd, fit_crowd
from evolution.preference.judgements import (
    FEATURE_VERSION,
    HALF_LIFE_DAYS,
    FeaturesChanged,
    Judgements,
    features,
)
from evolution.preference.likelihood import HABITS
from evolution.preference.posterior import PreferenceNotConverged
from evolution.preference.taste import Taste, fit_taste, fit_tastes

__all__ = [
    "FEATURE_VERSION",
    "FURTHEST",
    "HABITS",
    "HALF_LIFE_DAYS",
    "Claim",
    "Crowd",
    "FeaturesChanged",
    "Judgements",
    "PreferenceNotConverged",
    "Taste",
    "claims",
    "features",
    "fit_crowd",
    "fit_taste",
    "fit_tastes",
    "influence",
]
