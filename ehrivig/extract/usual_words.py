"""The words for missing, for no key, for yes and for no, in small letters, as dumps write them."""

from __future__ import annotations

MISSING: tuple[str, ...] = (
    "",
    "nan",
    "<na>",
    "null",
    "none",
    "na",
    "n/a",
    "#n/a",
    "k.a.",
    "k. a.",
    "-",
    "--",
    "?",
    "nil",
    "(null)",
    "\\n",
)
MISSING += ("unknown", "unk", "unbekannt", "inconnu", "desconocido", "sconosciuto", "desconhecido")
MISSING += ("onbekend", "keine angabe", "不详", "未知", "不明")
"""What people and writers of text put where a value is missing."""
NO_KEY = ("", "-", "--", "null", "none", "nil", "nan", "n/a", "na", "#n/a", "(null)", "\\n")
"""How dumps write that there is no key: of these no two rows have anything in common."""
YES: tuple[str, ...] = (
    "true",
    "t",
    "yes",
    "y",
    "1",
    "1.0",
    "ｙ",
    "１",
    "是",
    "有",
    "对",
    "ja",
    "j",
    "wahr",
)
YES += (
    "oui",
    "vrai",
    "o",
    "sí",
    "si",
    "sì",
    "s",
    "sim",
    "vero",
    "verdadero",
    "verdadeiro",
    "waar",
)
YES += ("はい", "有り", "あり")
NO: tuple[str, ...] = (
    "false",
    "f",
    "no",
    "n",
    "0",
    "0.0",
    "ｎ",
    "０",
    "否",
    "无",
    "没有",
    "不是",
    "nein",
    "falsch",
)
NO += ("non", "faux", "falso", "não", "nao", "nee", "onwaar", "いいえ", "無", "無し", "なし")
NOT_SAID = ("u", "w", "dk")
"""Of yes and no: unknown, and what a clinician could not determine (present on admission)."""
