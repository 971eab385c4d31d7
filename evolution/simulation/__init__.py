"""Simulated listeners with hidden tastes: worlds in which a learner can be judged by the truth.

Nothing here is used by the product. A *world* holds songs, what the console would make of them
(``sound``), listeners whose utility no learner sees (``listeners``) and what is possible at all
(``ceilings``). ``trial`` lets a learner live in a world; ``baselines`` are the rivals.
"""
