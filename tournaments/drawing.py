"""Results as sentences and as bars for a template."""

from collections.abc import Sequence
from dataclasses import dataclass

from tournaments.models import Vote
from tournaments.standings import BattleStory, Champion, Standing

_MARGIN = 4.0


@dataclass(frozen=True, slots=True)
class StandingBar:
    """A standing drawn on a scale of 0–100 that all rows share."""

    standing: Standing
    low: float
    mean: float
    high: float
    strength_text: str
    low_text: str
    high_text: str
    rank_text: str
    best_text: str


def standing_bars(standings: Sequence[Standing]) -> tuple[list[StandingBar], float]:
    """The rows with their bars, and where strength zero lies on the scale."""
    if not standings:
        return [], 50.0
    least = min(0.0, *(row.low for row in standings))
    most = max(0.0, *(row.high for row in standings))
    scale = (100.0 - 2 * _MARGIN) / max(most - least, 1e-9)

    def place(strength: float) -> float:
        return round(_MARGIN + (strength - least) * scale, 1)

    rows = [
        StandingBar(
            standing=row,
            low=place(row.low),
            mean=place(row.strength),
            high=place(row.high),
            strength_text=_signed(row.strength),
            low_text=_signed(row.low),
            high_text=_signed(row.high),
            rank_text=_rank(row),
            best_text=percent(row.p_best),
        )
        for row in standings
    ]
    return rows, place(0.0)


def confidence(champion: Champion, votes: int) -> str:
    """How sure the votes are, as a sentence that does not promise more."""
    chance = champion.standing.p_best
    sure = f"It is the best of them with {percent(chance)} probability after {_count(votes)}."
    if champion.level_with:
        names = " and ".join(entry.mixer.name for entry in champion.level_with)
        return f"The votes cannot tell it from {names}. {sure}"
    if chance >= 0.9:
        return f"Clear: {sure[0].lower()}{sure[1:]}"
    if chance >= 0.6:
        return f"Likely: {sure[0].lower()}{sure[1:]}"
    return f"A narrow lead: {sure[0].lower()}{sure[1:]} More battles would tell."


def story_text(story: BattleStory, owner: str = "You") -> str:
    """What a battle decided and who led after it."""
    a, b = story.side_a.mixer.name, story.side_b.mixer.name
    if story.winner is not None:
        loser = b if story.winner.pk == story.side_a.pk else a
        verdict = f"{owner} chose {story.winner.mixer.name} over {loser}."
    elif story.choice == Vote.Choice.TIE:
        verdict = f"{owner} heard no difference between {a} and {b}."
    else:
        verdict = f"{owner} liked neither {a} nor {b}."
    return f"{verdict} {story.leader.mixer.name} led with {percent(story.leader_p_best)}."


def percent(probability: float) -> str:
    """Never 0 % or 100 %: votes do not prove that much."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return f"{round(100 * probability)} %"


def _count(votes: int) -> str:
    return f"{votes} vote{'' if votes == 1 else 's'}"


def _rank(row: Standing) -> str:
    if row.rank_low == row.rank_high:
        return str(row.rank_low)
    return f"{row.rank_low}\N{EN DASH}{row.rank_high}"


def _signed(strength: float) -> str:
    return f"{strength:+.2f}".replace("-", "\N{MINUS SIGN}")
