"""What votes say, as sentences that do not promise more."""

from tournaments.models import Vote
from tournaments.standings import BattleStory, Champion


def confidence(champion: Champion, votes: int) -> str:
    """How sure the votes are, as a sentence that does not promise more."""
    chance = champion.standing.p_best
    sure = (
        f"It is the best of them with {percent(chance)} probability after {count(votes, 'vote')}."
    )
    if champion.level_with:
        names = " and ".join(entry.name for entry in champion.level_with)
        return f"The votes cannot tell it from {names}. {sure}"
    if chance >= 0.9:
        return f"Clear: {sure[0].lower()}{sure[1:]}"
    if chance >= 0.6:
        return f"Likely: {sure[0].lower()}{sure[1:]}"
    return f"A narrow lead: {sure[0].lower()}{sure[1:]} More battles would tell."


def story_text(story: BattleStory, owner: str = "You") -> str:
    """What a battle decided and who led after it."""
    a, b = story.side_a.name, story.side_b.name
    if story.winner is not None:
        loser = b if story.winner.pk == story.side_a.pk else a
        verdict = f"{owner} chose {story.winner.name} over {loser}."
    elif story.choice == Vote.Choice.TIE:
        verdict = f"{owner} heard no difference between {a} and {b}."
    else:
        verdict = f"{owner} liked neither {a} nor {b}."
    return f"{verdict} {story.leader.name} led with {percent(story.leader_p_best)}."


def verdict_between(score: float | None, a: str, b: str) -> str:
    """One vote between two, without saying whose it was."""
    if score is None:
        return f"Neither {a} nor {b}"
    if score == 0.5:
        return f"No difference between {a} and {b}"
    return f"{a} over {b}" if score == 1.0 else f"{b} over {a}"


def percent(probability: float) -> str:
    """Never 0 % or 100 %: votes do not prove that much."""
    if probability < 0.01:
        return "under 1 %"
    if probability > 0.99:
        return "over 99 %"
    return f"{round(100 * probability)} %"


def count(number: int, noun: str) -> str:
    """1 vote, 2 votes."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
