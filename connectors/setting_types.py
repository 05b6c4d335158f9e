"""Forms of settings that several parts of `journeys.yaml` have in common."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from journeys.channels.secret_reference import secret_names
from journeys.channels.webhook import check_url
from journeys.errors import CodecError


def _is_reference(text: str) -> str:
    if not secret_names(text):
        msg = "it must be a reference such as ${secret:NAME}, never the secret itself"
        raise ValueError(msg)
    return text


def _is_base_url(url: str) -> str:
    try:
        check_url("it", url)
    except CodecError as error:
        raise ValueError(str(error)) from error
    if "?" in url or "#" in url:
        msg = "it is what a path is added to: leave out what begins with ? or #"
        raise ValueError(msg)
    return url


SecretText: TypeAlias = Annotated[str, AfterValidator(_is_reference)]
"""A text that takes its value from secrets."""
BaseUrl: TypeAlias = Annotated[str, AfterValidator(_is_base_url)]
"""Where an API begins."""
