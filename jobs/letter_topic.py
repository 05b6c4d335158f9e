"""The topic of dead letters as the command line sees it: reading them, sending records again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from connectors.kafka.bootstrap import Bootstrap
from connectors.kafka.client import Writer, offsets_at, read_record, read_topic
from connectors.kafka.topics import Topics
from journeys.errors import JourneyError
from journeys.ingestion import FILE
from journeys.letters import Letter, LetterError, read_letter

REPLAY_OF = "journeys-replay-of"
"""Header of a record that was sent again: the id of the dead letter that it mends."""


class ReplayError(JourneyError):
    """A record cannot be sent again."""


@dataclass(frozen=True)
class Original:
    """What a dead letter is about, as far as it can still be had."""

    letter: Letter
    value: bytes | None
    """The record's value."""
    is_whole: bool
    """Whether it is all of it: the record is still there, or its sample is whole."""


@dataclass(frozen=True)
class Replay:
    """A record to be sent again."""

    letter: Letter
    key: str | None
    value: bytes | None


def read_letters(
    bootstrap: Bootstrap, topics: Topics, *, reason: str | None = None, since: int | None = None
) -> Iterator[Letter]:
    """Read the dead letters that there are, in the order in which they were written.

    Args:
        bootstrap: Kafka's `bootstrap.servers`.
        topics: how topics are named.
        reason: only those of this reason.
        since: only those written from this instant on, in milliseconds.
    """
    topic = topics.full("dead-letters")
    start = None if since is None else offsets_at(bootstrap, topic, since)
    for record in read_topic(bootstrap, topic, start=start):
        try:
            letter = read_letter(record.value or b"")
        except LetterError:
            continue  # whoever wrote it there was not the job
        if reason in (None, letter.reason):
            yield letter


def original(bootstrap: Bootstrap, letter: Letter) -> Original:
    """Find what a dead letter is about: the record itself while it is kept, or else its sample."""
    if letter.topic.startswith(FILE):
        return Original(letter, letter.sample, letter.is_whole)
    found = read_record(bootstrap, letter.topic, letter.partition, letter.offset)
    if found is not None and len(found.value or b"") == letter.size:
        return Original(letter, found.value, is_whole=True)
    return Original(letter, letter.sample, letter.is_whole)


def replayed(bootstrap: Bootstrap, letters: Iterable[Letter]) -> set[str]:
    """Give the ids of those letters whose records were sent again, as the records' headers say."""
    letters = list(letters)
    wanted, found = {letter.id for letter in letters}, set()
    for topic in {letter.topic for letter in letters if not letter.topic.startswith(FILE)}:
        times = [letter.recorded_at or 0 for letter in letters if letter.topic == topic]
        start = offsets_at(bootstrap, topic, min(times))
        for record in read_topic(bootstrap, topic, start=start):
            found |= {value.decode() for name, value in record.headers if name == REPLAY_OF}
    return wanted & found


def replay_of(bootstrap: Bootstrap, letter: Letter) -> Replay:
    """Make the record that a letter is about ready to be sent again as it was.

    Raises:
        ReplayError: it comes from a file, or is not there any more and was too long to be kept.
    """
    require_record(letter)
    found = original(bootstrap, letter)
    if not found.is_whole:
        message = (
            f"{letter.id}: the record is not on {letter.topic} any more, and only its first "
            f"{len(letter.sample or b'')} of {letter.size} bytes were kept: send it again from "
            f"where it came, or give it whole in a file of mended records"
        )
        raise ReplayError(message)
    return Replay(letter, letter.key, found.value)


def require_record(letter: Letter) -> None:
    """Make sure that a letter is about a record.

    Raises:
        ReplayError: it is about a row of a file.
    """
    if letter.topic.startswith(FILE):
        message = f"{letter.id} is a row of a file: mend the file, and `journeys ingest` it again"
        raise ReplayError(message)


def send_again(bootstrap: Bootstrap, replays: Iterable[Replay]) -> int:
    """Send records to the topics that they came from, marked as replays; say how many."""
    count = 0
    with Writer(bootstrap) as writer:
        for one in replays:
            key = None if one.key is None else one.key.encode()
            mark = [(REPLAY_OF, one.letter.id.encode())]
            writer.write(one.letter.topic, key, one.value, mark)
            count += 1
    return count


def mended(file: Path) -> dict[str, dict[str, object]]:
    """Read mended records: `{"dead_letter_id": …, "key": …, "payload": …}`, one a line.

    Raises:
        ReplayError: a line is none.
    """
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise ReplayError(message) from error
    found = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
            found[str(value.pop("dead_letter_id"))] = value
        except (orjson.JSONDecodeError, KeyError, AttributeError) as error:
            form = '{"dead_letter_id": …, "key": …, "payload": …}'
            message = f"{file}:{number}: expected {form}: {error}"
            raise ReplayError(message) from error
    return found


def with_mended(replay: Replay, given: dict[str, object]) -> Replay:
    """Put a mended key, or payload, in the place of what was there."""
    key, value = given.get("key", replay.key), replay.value
    if "payload" in given:
        value = None if given["payload"] is None else orjson.dumps(given["payload"])
    return replace(replay, key=None if key is None else str(key), value=value)
