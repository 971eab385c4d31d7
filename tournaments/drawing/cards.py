"""A listener's result card in words."""

from typing import Final

from tournaments.drawing.outlook import Figure
from tournaments.drawing.sentences import count
from tournaments.models import Vote
from tournaments.result_cards import CardChoice, ResultCard

_ALIKE: Final = 0.75


def title(card: ResultCard) -> str:
    if not card.is_finished:
        return "So far"
    return f"You like {card.favourite.name}" if card.favourite else "Hard to please"


def lead(card: ResultCard) -> str:
    """What the card comes to, in a sentence or two."""
    if not card.is_finished:
        return "The crowd’s choices wait until your session is over, so that they cannot steer you."
    if card.agreement is None:
        return "Too few others heard the same pairs yet. Come back later: the card fills by itself."
    crowd = card.crowd_favourite
    if card.favourite and crowd and crowd.pk == card.favourite.pk:
        return f"So does the crowd: {crowd.name} wins most with the others too."
    others = f"The crowd leans to {crowd.name}. " if crowd else ""
    return others + (
        "You mostly hear it as the others do."
        if card.agreement >= _ALIKE
        else "You hear some of it in your own way, and that is worth knowing."
    )


def figures(card: ResultCard) -> list[Figure]:
    steady = card.consistency
    shown = [Figure("Battles", str(len(card.choices)))]
    if card.agreement is not None:
        agreed = f"{round(100 * card.agreement)} %"
        shown.append(Figure("As most others", agreed, "of pairs that others judged too"))
        shown.append(Figure("Where you differ", count(len(card.differences), "pair")))
    if steady.share is not None:
        text = f"{steady.passed} of {steady.checks}"
        shown.append(Figure("Consistent", text, "hidden checks answered alike"))
    return shown


def choice_line(choice: CardChoice) -> dict[str, object]:
    """One battle: what was chosen, and how the others split."""
    chips = ", ".join(dict(Vote.Chip.choices)[chip].lower() for chip in choice.chips)
    return {
        "number": choice.number,
        "text": _verdict(choice) + (f" ({chips})" if chips else ""),
        "remark": _crowd(choice),
        "differs": choice.agrees is False,
    }


def _verdict(choice: CardChoice) -> str:
    a, b = choice.side_a.name, choice.side_b.name
    if choice.winner is not None:
        loser = b if choice.choice == Vote.Choice.A else a
        return f"You chose {choice.winner.name} over {loser}."
    if choice.choice == Vote.Choice.TIE:
        return f"You heard no difference between {a} and {b}."
    return f"You liked neither {a} nor {b}."


def _crowd(choice: CardChoice) -> str:
    """How many of the others chose the same, or which side they lean to."""
    if choice.crowd_a is None:
        return ""
    if choice.winner is None:
        leading = choice.side_a if choice.crowd_a >= 0.5 else choice.side_b
        share = max(choice.crowd_a, 1 - choice.crowd_a)
        return f"{round(100 * share)} % for {leading.name}"
    same = choice.crowd_a if choice.choice == Vote.Choice.A else 1 - choice.crowd_a
    return f"{round(100 * same)} % of {choice.others} others agree"
