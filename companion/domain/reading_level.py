"""How easy a text is to read: grade of English, length of English and Chinese sentences."""

import re

_ENGLISH_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+|\n+")
_CHINESE_END = re.compile(r"[。！？；!?]+|\n+")
_WORD = re.compile(r"[A-Za-z]+(?:['’\-][A-Za-z]+)*|\d+(?:[.,:/]\d+)*")
_COUNTED_ZH = re.compile(r"[\u3400-\u9fff]|[A-Za-z0-9]+(?:[.\-][A-Za-z0-9]+)*")
_SHORT_FORMS = ("Dr.", "Mr.", "Mrs.", "Ms.", "e.g.", "i.e.", "vs.", "etc.", "approx.", "No.")
_VOWELS = re.compile(r"[aeiouy]+")

_EXCEPTIONS = {
    "science": 2,
    "area": 3,
    "idea": 3,
    "create": 2,
    "react": 2,
    "reaction": 3,
    "people": 2,
    "diarrhea": 4,
    "every": 2,
    "evening": 2,
    "something": 2,
    "sometimes": 2,
    "someone": 2,
    "somewhere": 2,
    "clothes": 1,
    "fluid": 2,
    "fluids": 2,
    "poem": 2,
    "cruel": 2,
    "caregiver": 3,
    "caregivers": 3,
    "careful": 2,
    "carefully": 3,
    "lifetime": 2,
    "therefore": 2,
}


def sentences(text: str) -> list[str]:
    """The sentences of an English text; a heading or a list item is one; lines without words are left out."""
    for short in _SHORT_FORMS:
        text = re.sub(rf"(?<!\w){re.escape(short)}", short.replace(".", ""), text)
    return [part.strip() for part in _ENGLISH_END.split(text) if words(part)]


def sentences_zh(text: str) -> list[str]:
    """The sentences of a Chinese text, ended by a full stop, semicolon, question mark, "！" or line."""
    return [part.strip() for part in _CHINESE_END.split(text) if _COUNTED_ZH.search(part)]


def words(text: str) -> list[str]:
    """The English words and numbers of a text; a word with a hyphen or an apostrophe is one."""
    return _WORD.findall(text)


def syllables(word: str) -> int:
    """Syllables of one English word: groups of vowels, silent endings taken off, some words by a list.

    A number counts as one. Source: the usual rule of thumb for the Flesch-Kincaid grade.
    """
    plain = word.lower().replace("’", "'").split("'")[0]
    if plain in _EXCEPTIONS:
        return _EXCEPTIONS[plain]
    if "-" in plain:
        return sum(syllables(part) for part in plain.split("-"))
    count = len(_VOWELS.findall(plain)) + _apart(plain) - _silent(plain)
    return max(1, count)


def grade(text: str) -> float:
    """Flesch-Kincaid grade of an English text: 0.39 words a sentence + 11.8 syllables a word - 15.59.

    0 for a text without words. Source: Kincaid and others, 1975.
    """
    all_words = words(text)
    if not all_words:
        return 0.0
    words_a_sentence = len(all_words) / len(sentences(text))
    syllables_a_word = sum(syllables(word) for word in all_words) / len(all_words)
    return round(0.39 * words_a_sentence + 11.8 * syllables_a_word - 15.59, 2)


def longest_sentence_words(text: str) -> int:
    """Words in the longest sentence of an English text; 0 without words."""
    return max((len(words(sentence)) for sentence in sentences(text)), default=0)


def longest_sentence_chars_zh(text: str) -> int:
    """Characters in the longest sentence of a Chinese text, punctuation left out; a Latin word or a number
    counts as one; 0 without any."""
    return max((len(_COUNTED_ZH.findall(sentence)) for sentence in sentences_zh(text)), default=0)


def _apart(word: str) -> int:
    """Vowels that stand side by side and are said apart, as in "radio", "usual", "client", "being"."""
    together = re.sub(r"[cstgx]i(?=[aeo])|qu|gu(?=[aei])", "t", word)
    return len(re.findall(r"i[aou]|ua(?!r)|eo|ie(?=nt|t)|[aeiou]ing$", together))


def _silent(word: str) -> int:
    """1 for an ending that is written and not said: "-e", "-es", "-ed", but not in "table" or "noses"."""
    if re.search(r"[^aeiouy]les?$", word):
        return 0
    return int(bool(re.search(r"[^aeiouy]e$|[^aeiouysxzcgh]es$|[^aeiouytd]ed$", word)))
