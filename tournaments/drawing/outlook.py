"""How near the end a tournament is, and how far its table can be trusted, as sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from tournaments.drawing.sentences import count, percent


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its caption and a remark."""

    caption: str
    figure: str
    remark: str = ""


def leader_figure(name: str | None, chance: float | None) -> Figure:
    """Who leads, and the probability that they are the best."""
    if name is None or chance is None:
        return Figure("In the lead", "–", "No vote counted yet")
    return Figure("In the lead", name, f"the best with {percent(chance)} probability")


def votes_figure(votes: int, wanted: int | None, left_out: int) -> Figure:
    """How many votes there are. `left_out` are kept and do not count."""
    figure = f"{votes} of {wanted}" if wanted else str(votes)
    remark = f"{count(left_out, 'vote')} kept but not counted" if left_out else "all counted"
    return Figure("Votes", figure, remark if votes or left_out else "")


def end_figure(votes_left: int | None, goal: float | None, *, closed: bool) -> Figure:
    """About how many votes are still needed until the votes are sure enough."""
    if closed:
        return Figure("Votes still needed", "None", "It is over")
    if goal is None:
        return Figure("Votes still needed", "–", "Too early to tell")
    until = f"until the leader is the best with {percent(goal)}"
    if votes_left is None:
        return Figure("Votes still needed", "Very many", f"{until}: they are close")
    if votes_left == 0:
        return Figure("Votes still needed", "None", f"the leader is the best with {percent(goal)}")
    return Figure("Votes still needed", f"about {votes_left}", until)


def voters_figure(voters: int) -> Figure:
    return Figure("Listeners", str(voters))


def two_winners(
    winner: str, best: str | None, chance: float | None, *, knockout: bool = True
) -> str:
    """Who won by the rules beside who is best by all votes: they may differ, and both are true."""
    if best is None or chance is None:
        return f"{winner} won{_how(knockout)}." if winner else ""
    if not winner:
        return f"Best by all votes: {best}, {percent(chance)}."
    if winner == best:
        return f"{winner} won{_how(knockout)} and is the best by all votes, {percent(chance)}."
    return f"{winner} won{_how(knockout)}. Best by all votes: {best}, {percent(chance)}."


def _how(knockout: bool) -> str:
    return " the bracket" if knockout else " on points"


def circles_text(circles: Sequence[tuple[str, str, str]]) -> list[str]:
    """Intransitive triples: each beats the next and the last one the first."""
    return [f"{a} beats {b}, {b} beats {c}, and {c} beats {a}." for a, b, c in circles]


def without_top(listeners: int, leader: str, changed_to: str | None) -> str:
    """Whether the lead hangs on the 1 % of listeners who hold it up most."""
    who = f"the 1 % of listeners who help it most ({count(listeners, 'listener')})"
    if changed_to is None:
        return f"Without {who}, {leader} would still lead."
    return f"Without {who}, {changed_to} would lead and not {leader}: do not trust it yet."
