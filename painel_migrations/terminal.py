"""What others have named, as a terminal may show it."""


def printable(text: str) -> str:
    """Return a text in which nothing steers the terminal or ends the line: a role's name is anybody's text."""
    return "".join(character if character.isprintable() else "?" for character in text)
