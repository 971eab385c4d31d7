"""How far a listener's votes are trusted, as measured last. Nothing measured means full weight."""

from accounts.models import User
from tournaments.fields import LEFT_OUT
from tournaments.models import ListenerTrust

FLAGGED = f"{LEFT_OUT}_flagged_listener"


def weight_of(listener: User) -> dict[str, object]:
    """The columns of a new vote by this listener (one query)."""
    trust = ListenerTrust.objects.filter(listener=listener).first()
    if trust is None:
        return {}
    if trust.final_verdict == ListenerTrust.Verdict.FLAGGED:
        return {"weight": trust.weight, "counted": False, "why_not_counted": FLAGGED}
    return {"weight": trust.weight}
