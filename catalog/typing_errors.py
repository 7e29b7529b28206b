"""How far what was typed is from the words of a title, in letters typed wrong."""

# Longer ones are compared by their beginnings: titles have no longer words that matter.
MAX_LETTERS = 20
MAX_TITLE_WORDS = 12


def count_errors(typed: str, meant: str, *, most: int = MAX_LETTERS) -> int:
    """Return how many letters to drop, add, change or swap with their neighbour; at most `most`.

    Optimal string alignment: Damerau 1964, https://doi.org/10.1145/363958.363994, where no part is
    changed twice.
    """
    if abs(len(typed) - len(meant)) >= most:
        return most
    earlier: list[int] = []
    last = list(range(len(meant) + 1))
    for row, letter in enumerate(typed, start=1):
        costs = [row]
        for column, other in enumerate(meant, start=1):
            cost = min(last[column] + 1, costs[-1] + 1, last[column - 1] + (letter != other))
            is_swap = row > 1 and column > 1 and letter == meant[column - 2]
            if is_swap and typed[row - 2] == other:
                cost = min(cost, earlier[column - 2] + 1)
            costs.append(cost)
        if min(costs) >= most:
            return most  # no later row has less
        earlier, last = last, costs
    return min(last[-1], most)


def rate_likeness(query: str, title: str) -> float:
    """Return how much of a query stands in a title, 0 to 1: each word by the nearest of the title.

    Both are normalised titles. "matix" is 0.8 of "the matrix": one of its five letters is missing.
    """
    words = [word[:MAX_LETTERS] for word in query.split()]
    near = [word[:MAX_LETTERS] for word in title.split()[:MAX_TITLE_WORDS]]
    errors = sum(_count_nearest(word, near) for word in words)
    return 1 - errors / max(sum(map(len, words)), 1)


def _count_nearest(word: str, others: list[str]) -> int:
    """Return the errors between a word and the nearest of others; its length where none is near."""
    if word in others:
        return 0
    least = len(word)
    for other in others:
        least = count_errors(word, other, most=least)
        if least <= 1:
            break
    return least
