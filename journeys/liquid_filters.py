"""Filters of our own: numbers and money as the readers of a language write them, JSON, local times.

How numbers are written is said by CLDR, as it comes with Babel of the locked version: the same text
on every machine. No message of an error quotes what fills a hole.
"""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Final

import orjson
from babel import Locale, UnknownLocaleError
from babel.numbers import NumberPattern, format_currency
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context
from liquid.undefined import is_undefined

from journeys.expressions.temporal import parse_instant, zone_named
from journeys.limits import MAX_DECIMALS, MAX_READ_DIGITS
from journeys.liquid_work import Context

_ENGLISH: Final = Locale("en")
_LONGEST_TEXT: Final = 50
"""Characters of a text that is read as a number, or as a language."""
_NO_BREAK: Final = str.maketrans({"\u00a0": " ", "\u202f": " "})
"""Spaces at which no line ends, to the plain one: GSM-7 has no other."""


@with_context
def number(
    value: object, decimals: object = None, *, context: Context, language: object = None
) -> str:
    """Write a number, with so many decimals or with up to three."""
    amount = _amount("number", value)
    locale = _locale("number", language, context)
    if decimals is not None and type(decimals) is not int:
        decimals = -1
    if decimals is not None and not 0 <= decimals <= MAX_DECIMALS:
        message = f"number: its decimals must be a whole number from 0 to {MAX_DECIMALS}"
        raise FilterArgumentError(message, token=None)
    if amount is None:
        return ""
    return _spaced(_pattern(locale, decimals).apply(amount, locale), context)


@with_context
def money(
    value: object, currency: object = ..., *, context: Context, language: object = None
) -> str:
    """Write an amount of money, with as many decimals as its currency has."""
    amount = _amount("money", value)
    locale = _locale("money", language, context)
    if not isinstance(currency, str) or currency not in _ENGLISH.currencies:
        message = "money: it needs a currency of ISO 4217, in capitals: money: 'EUR'"
        raise FilterArgumentError(message, token=None)
    if amount is None:
        return ""
    return _spaced(format_currency(amount, currency, locale=locale), context)


@with_context
def in_zone(value: object, zone: object = None, *, context: Context) -> str:
    """Write an instant as the clocks of a zone show it, which `date` then shows further."""
    named = context.zone if zone is None or is_undefined(zone) else zone
    place = zone_named(str(named)) if len(str(named)) <= _LONGEST_TEXT else None
    if place is None:
        message = "in_zone: there is no such time zone: give an IANA name such as 'Europe/Paris'"
        raise FilterArgumentError(message, token=None)
    if value is None or is_undefined(value):
        return ""
    instant = parse_instant(value) if isinstance(value, str) else None
    with suppress(OverflowError):  # near the years 1 and 9999
        if instant is not None:
            return instant.astimezone(place).isoformat()
    message = (
        "in_zone: what stands before it is no instant: it needs date, time and offset, "
        "such as 2026-03-01T08:00:00Z"
    )
    raise FilterArgumentError(message, token=None)


def json(value: object) -> str:
    """Write a value as JSON, without spaces."""
    try:
        return orjson.dumps(value, default=_plain).decode()
    except TypeError:  # a number of more than 64 bits, half a character, or far too many levels
        message = "json: this cannot be written as JSON"
        raise FilterArgumentError(message, token=None) from None


def _plain(value: object) -> object:
    """Give what JSON can hold for what only templates know."""
    if isinstance(value, range):
        return list(value)
    if isinstance(value, Decimal):
        return float(value)
    if is_undefined(value):
        return None
    raise TypeError


def _amount(name: str, value: object) -> Decimal | None:
    """Read a number; None where there is no value."""
    if value is None or is_undefined(value):
        return None
    amount = Decimal("NaN")
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        is_short = not isinstance(value, int) or value.bit_length() < 10 * _LONGEST_TEXT
        amount = Decimal(str(value)) if is_short else Decimal("Infinity")
    elif isinstance(value, str) and len(value) <= _LONGEST_TEXT:
        with suppress(InvalidOperation):
            amount = Decimal(value.strip())
    if amount.is_nan():
        message = f"{name}: what stands before it is no number"
        raise FilterArgumentError(message, token=None)
    if amount.is_infinite() or amount.adjusted() >= MAX_READ_DIGITS:
        message = f"{name}: the number has more than {MAX_READ_DIGITS} digits before its point"
        raise FilterArgumentError(message, token=None)
    return amount


def _locale(name: str, language: object, context: Context) -> Locale:
    """Give the ways of the language that is asked for, or of the message."""
    if language is None or is_undefined(language):
        return known_locale(context.language) or _ENGLISH
    locale = known_locale(str(language)) if isinstance(language, str) else None
    if locale is None:
        message = f"{name}: its language is not known: write a tag such as 'de' or 'fr-CA'"
        raise FilterArgumentError(message, token=None)
    return locale


@lru_cache(maxsize=1024)
def known_locale(tag: str) -> Locale | None:
    """Find the ways of a language by its tag, or by an ever more general one."""
    tag = tag.replace("_", "-")[:_LONGEST_TEXT]
    while tag:
        try:
            return Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            tag = tag.rpartition("-")[0]
    return None


@lru_cache(maxsize=1024)
def _pattern(locale: Locale, decimals: int | None) -> NumberPattern:
    """Give how a language writes numbers of so many decimals."""
    pattern: NumberPattern = copy(locale.decimal_formats[None])
    if decimals is not None:
        pattern.frac_prec = (decimals, decimals)
    return pattern


def _spaced(text: str, context: Context) -> str:
    return text if context.autoescape else text.translate(_NO_BREAK)
