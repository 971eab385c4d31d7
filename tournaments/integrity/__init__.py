"""Whose votes can be trusted, told from the votes alone.

`reliability`: how attentively a listener answers, from hidden checks. `campaigns`: groups of
listeners who push an entry. Both only propose: votes are kept, a weight of 0 leaves them out of the
fit, and the fit without them is the same whenever it is made. What was not checked is unknown, and
unknown is never held against anybody.
"""
