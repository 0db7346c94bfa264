"""Credentials in a script: where they are, never what they are, and the script without them.

detect-secrets knows the shapes of tokens and keys; what it misses are passwords in a database URL or a driver's text,
Portuguese names, and passwords that are only ever hashed.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from homecoming.archive import python
from homecoming.archive.sql import set_of
from homecoming.errors import UsageError
from homecoming.language import tr

IN_PLACE = "REDACTED"

# An address is no credential; URLs are ours. What detect-secrets could verify over the network is never sent anywhere.
_UNUSED = frozenset({"IPPublicDetector", "BasicAuthDetector"})
_ALLOWED = "pragma: allowlist secret"

# The last @ before a blank or a quote ends the password, which may hold one itself.
_URL = re.compile(r"://[^\s:/@'\"`]*:(?P<value>[^\s'\"`]+)@(?=[^\s'\"`@]|$)")
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<value>.*?)(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_HASH = re.compile(
    r"(?P<value>\$(?:2[abxy]|argon2\w*|5|6|pbkdf2[\w-]*)\$[./A-Za-z0-9+=,$-]{20,}|(?:scrypt|pbkdf2):[\w:]+\$[^\s'\"]{20,})"
)
_SQL = re.compile(r"\bPASSWORD\s+'(?P<value>[^'\n]+)'", re.IGNORECASE)
_SECRET_WORD = (
    r"(?:passwords?|passwd|pwd|senhas?|secrets?|segredos?|tokens?|api_?keys?|access_?keys?|secret_?keys?|chaves?_\w+)"
)
# NAME=value of shell, name: value of a comment; in SQL, where names are compared, a value has quotes.
_PAIR = re.compile(rf"\b\w*{_SECRET_WORD}\w*['\"]?[ \t]*[=:][ \t]*['\"]?(?P<value>[^\s'\"`&;,]+)", re.IGNORECASE)
_QUOTED = re.compile(rf"\b\w*{_SECRET_WORD}\w*[ \t]*(=[ \t]*'|:[ \t]*'?)(?P<value>[^\s'\"`&;,]+)", re.IGNORECASE)
# host=... password=... of libpq, ?password=... of a URL.
_WITHIN = re.compile(rf"\b{_SECRET_WORD}=(?P<value>[^\s'\"`&;,]+)", re.IGNORECASE)
_OPTION = re.compile(rf"--{_SECRET_WORD}[= \t](?P<value>[^\s'\"`&;,]+)", re.IGNORECASE)
_NAMED = re.compile(
    rf"(^|_|[a-z](?=[A-Z])){_SECRET_WORD}(_?(hash|\d+|padrao|default|admin|db|banco|prod))?$", re.IGNORECASE
)
_HASHING = set_of("""
hash hash_password get_password_hash generate_password_hash gerar_hash gerar_hash_senha hash_senha criar_hash hashpw
get_senha_hash
""")
_SECRET_LOOKUP = re.compile(rf"{_SECRET_WORD}|PASS", re.IGNORECASE)
# A number that looks like a key, where its line says what it is: a revision of Alembic's, a digest.
_DIGEST = re.compile(r"revision|sha\d*|md5|checksum|commit", re.IGNORECASE)
# What stands for a value: a variable of any language, stars, our own word; SQL's types, where a column has such a name.
_PLACEHOLDER = re.compile(
    r"^(\$\{.*|\$\(.*|\$[a-z_]\w*|%.*|:\w+|\?|\{.*\}|<.*>|\[.*\]|\*+|x{3,}|\.{3}|REDACTED|None|null|true|false|"
    r"(VARCHAR|TEXT|STRING|INTEGER|CHAR|BOOLEAN)\b.*)$",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, order=True)
class Secret:
    """One credential: its line, and what it is; where it stands in the text, which is not for printing."""

    line: int
    what: str
    start: int
    end: int


def find(name: str, text: str) -> list[Secret]:
    """Return the credentials in a script's text, in order of their lines; one span is reported once.

    Arguments: ``name``, the file's name, whose ending says how it is written. A line with detect-secrets' own mark,
    `pragma: allowlist secret`, is taken at its word. Errors: UsageError where detect-secrets is not installed.
    """
    spans = [*_by_pattern(text), *_by_tree(name, text), *_by_detect_secrets(name, text)]
    lines = text.split("\n")
    found: dict[tuple[int, int], Secret] = {}
    end = -1
    for start, stop, what in sorted(spans, key=lambda span: (span[0], -span[1])):
        value = text[start:stop]
        line = text.count("\n", 0, start) + 1
        if start < end or not value.strip() or _PLACEHOLDER.match(value) or _ALLOWED in lines[line - 1]:
            continue
        end = stop
        found[start, stop] = Secret(line, what, start, stop)
    return sorted(found.values())


def redact(name: str, text: str) -> str | None:
    """Return a script's text with a word in place of every credential, or None where some would be left.

    A value that looks like nothing else, with a digit or a sign in it, is replaced wherever it stands: scripts print
    the passwords they set.
    """
    parsed = _is_python(name) and python.parse(text.encode(errors="replace"), text) is not None
    for _ in range(3):  # a replaced value may uncover another one on its line
        secrets = find(name, text)
        if not secrets:
            still = not parsed or python.parse(text.encode(errors="replace"), text) is not None
            return text if still else None
        values = {text[secret.start : secret.end] for secret in secrets}
        for secret in sorted(secrets, key=lambda secret: -secret.start):
            kept = "\n" * text.count(
                "\n", secret.start, secret.end
            )  # a key has many lines; the others keep their numbers
            text = text[: secret.start] + (kept[:1] and "\n") + IN_PLACE + kept + text[secret.end :]
        for value in sorted(values, key=len, reverse=True):
            if len(value) >= 6 and re.search(r"[^A-Za-z]", value):
                text = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", IN_PLACE, text)
    return None


def _is_python(name: str) -> bool:
    return ".py" in name.lower()


def _by_pattern(text: str) -> Iterator[tuple[int, int, str]]:
    for pattern, what in (
        (_KEY, tr("private key")),
        (_URL, tr("password in a URL")),
        (_HASH, tr("password hash")),
        (_SQL, tr("password in SQL")),
        (_OPTION, tr("password of a command")),
    ):
        for match in pattern.finditer(text):
            yield *match.span("value"), what


def _by_tree(name: str, text: str) -> Iterator[tuple[int, int, str]]:
    """What only reading Python tells: which text a name, an argument or a look-up gets."""
    if not _is_python(name):
        # Elsewhere a value needs no quotes, so that NAME=value is enough.
        for match in (_QUOTED if ".sql" in name.lower() else _PAIR).finditer(text):
            yield *match.span("value"), tr("password by its name")
        return
    tree = python.parse(text.encode(errors="replace"), text)
    if tree is None:
        return
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for node in ast.walk(tree):
        for value, what in _given(node):
            raw = value.value if isinstance(value.value, str) else str(value.value, "latin-1")  # type: ignore[arg-type]
            begin = starts[value.lineno - 1] if value.lineno <= len(starts) else 0
            stop = starts[min(value.end_lineno or value.lineno, len(starts) - 1)]
            place = text.find(raw, begin, stop) if raw else -1
            if place >= 0:
                yield place, place + len(raw), what
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "=" in node.value:
            begin, stop = starts[node.lineno - 1], starts[min(node.end_lineno or node.lineno, len(starts) - 1)]
            for match in _WITHIN.finditer(text, begin, stop):
                if match[0] in node.value:  # outside of the text it is Python: password=senha
                    yield *match.span("value"), tr("password in a driver's text")


def _given(node: ast.AST) -> Iterator[tuple[ast.Constant, str]]:
    def text_of(value: ast.AST | None) -> list[ast.Constant]:
        if isinstance(value, ast.Constant) and isinstance(value.value, str | bytes):
            return [value]
        return []

    if isinstance(node, ast.Assign | ast.AnnAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if any(_NAMED.search(_name(target)) for target in targets):
            yield from ((value, tr("password by its name")) for value in text_of(node.value))
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and isinstance(key.value, str) and _NAMED.search(key.value):
                yield from ((text, tr("password by its name")) for text in text_of(value))
    elif isinstance(node, ast.Call):
        name = _name(node.func)
        for keyword in node.keywords:
            if keyword.arg and _NAMED.search(keyword.arg):
                yield from ((text, tr("password by its name")) for text in text_of(keyword.value))
        first = text_of(node.args[0]) if node.args else []
        if name in _HASHING:
            yield from ((text, tr("password that is hashed")) for text in first)
        if name in ("getenv", "get") and first and len(node.args) > 1 and _SECRET_LOOKUP.search(str(first[0].value)):
            # os.getenv("DB_PASSWORD", "..."): the fallback is the password.
            yield from ((text, tr("password by its name")) for text in text_of(node.args[1]))
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = [*node.args.posonlyargs, *node.args.args]
        for argument, default in zip(arguments[::-1], node.args.defaults[::-1], strict=False):
            if _NAMED.search(argument.arg):
                yield from ((text, tr("password by its name")) for text in text_of(default))


def _name(node: ast.AST) -> str:
    if isinstance(node, ast.Subscript):
        return str(node.slice.value) if isinstance(node.slice, ast.Constant) else ""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _by_detect_secrets(name: str, text: str) -> Iterator[tuple[int, int, str]]:
    try:
        from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
        from detect_secrets.filters.heuristic import is_potential_uuid, is_templated_secret
        from detect_secrets.settings import get_plugins, transient_settings
    except ImportError:
        raise UsageError(
            tr("detect-secrets is not installed, and no script moves unread"),
            tr("make archive installs it; see docs/archive.md"),
        ) from None
    detectors: dict[str, type] = get_mapping_from_secret_type_to_class()
    used = [detector.__name__ for detector in detectors.values() if detector.__name__ not in _UNUSED]
    # Shell is read like a configuration file: its values need no quotes.
    as_if = "script.py" if _is_python(name) else "script.sql" if ".sql" in name.lower() else "script.ini"
    with transient_settings({"plugins_used": [{"name": kind} for kind in used]}):
        plugins = get_plugins()
        start = 0
        for number, line in enumerate(text.split("\n"), 1):
            for plugin in plugins:
                for secret in plugin.analyze_line(filename=as_if, line=line.rstrip("\r"), line_number=number):
                    value = secret.secret_value or ""
                    if not value or is_templated_secret(value) or is_potential_uuid(value):
                        continue
                    if "Entropy" in type(plugin).__name__ and _DIGEST.search(line):
                        continue
                    for match in re.finditer(re.escape(value), line):
                        yield start + match.start(), start + match.end(), secret.type.lower()
            start += len(line) + 1
