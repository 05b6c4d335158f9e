"""The verb `dlq`: dead letters listed, shown and sent again."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import orjson
import typer

from connectors.kafka.bootstrap import Bootstrap
from jobs import local
from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import FINDINGS, complain, put, say
from jobs.folder import Folder, read_folder
from jobs.letter_topic import (
    Original,
    Replay,
    ReplayError,
    mended,
    original,
    read_letters,
    replay_of,
    replayed,
    require_record,
    send_again,
    with_mended,
)
from journeys.advice import advice
from journeys.clock import format_instant, parse_instant
from journeys.diagnostics import near
from journeys.errors import JourneyError
from journeys.letters import Letter
from journeys.outcomes import DeadLetterReason

ReasonOption = Annotated[str | None, typer.Option("--reason", help="Only those of this reason.")]
SinceOption = Annotated[
    str | None, typer.Option("--since", help="Only those written since 2026-03-01T08:00:00Z.")
]
_LATEST = 10
"""Letters of each reason and topic whose ids are listed."""
_BYTES = 2_000
"""Bytes of a value that are shown."""


def dlq() -> None:
    """List, show and send again the records that could not be used: dead letters."""


dlq_verbs = typer.Typer(callback=dlq, no_args_is_help=True, rich_markup_mode=None)


@dlq_verbs.command("list")
def list_(
    project: ProjectOption = Path(),
    reason: ReasonOption = None,
    since: SinceOption = None,
    form: FormatOption = Format.TEXT,
) -> None:
    """List dead letters by reason and by the topic that they came from, with counts.

    Ends with 1 where there are any.
    """
    read = read_folder(project)
    letters = list(_letters(read, reason, since))
    if form is Format.JSON:
        put(orjson.dumps([_row(letter) for letter in letters], option=orjson.OPT_INDENT_2).decode())
    else:
        for line in lines(letters):
            put(line)
    if letters:
        raise typer.Exit(FINDINGS)
    say("There are no dead letters.")


@dlq_verbs.command()
def show(
    letter: Annotated[str, typer.Argument(help="Id: topic/partition/offset.")],
    project: ProjectOption = Path(),
    form: FormatOption = Format.TEXT,
) -> None:
    """Show a dead letter: the record's bytes, why it could not be used, and what to do."""
    read = read_folder(project)
    bootstrap = local.bootstrap_of(read)
    (found,) = _named(list(_letters(read, None, None)), [letter])
    whole = original(bootstrap, found)
    was_replayed = found.id in replayed(bootstrap, [found])
    if form is Format.JSON:
        row = {**_row(found), "is_whole": whole.is_whole, "replayed": was_replayed}
        row["value"] = (whole.value or b"").decode(errors="replace")
        put(orjson.dumps(row, option=orjson.OPT_INDENT_2).decode())
        return
    for line in shown(whole, was_replayed=was_replayed):
        put(line)


@dlq_verbs.command()
def replay(
    letters: Annotated[list[str] | None, typer.Argument(help="Ids; or choose by options.")] = None,
    project: ProjectOption = Path(),
    reason: ReasonOption = None,
    since: SinceOption = None,
    edit: Annotated[
        bool, typer.Option("--edit", help="Mend each value in your editor first.")
    ] = False,
    file: Annotated[
        Path | None,
        typer.Option(
            "--mended",
            help='JSONL of {"dead_letter_id": …, "key": …, "payload": …}: sent in place of these.',
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be sent, and send nothing.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that were sent again before.")
    ] = False,
) -> None:
    """Send the records of dead letters again, to the topic and under the key that they came with.

    What was sent again once is passed over.
    """
    read = read_folder(project)
    bootstrap = local.bootstrap_of(read)
    given = mended(file) if file is not None else {}
    names = [*(letters or []), *given]
    if not names and reason is None and since is None:
        message = "name dead letters, or choose them by --reason, --since or --mended"
        raise typer.BadParameter(message)
    chosen = list(_letters(read, reason, since))
    chosen = _named(chosen, names) if names else chosen
    before = replayed(bootstrap, chosen)
    passed_over = [] if again else [letter for letter in chosen if letter.id in before]
    wanted = [letter for letter in chosen if letter not in passed_over]
    replays = list(_all_made(bootstrap, wanted, given, edit=edit, are_named=bool(names)))
    for one in replays:
        size = len(one.value or b"")
        put(f"{one.letter.id}  to {one.letter.topic}, key {one.key or 'none'}, {size} bytes")
    if passed_over:
        say(f"Passed over {len(passed_over)} that were sent again before; --again sends them.")
    if dry_run:
        say(f"Would send {_records(len(replays))}; nothing was sent.")
    else:
        say(f"Sent {_records(send_again(bootstrap, replays))} again.")
    if len(replays) < len(wanted):
        raise typer.Exit(FINDINGS)


def _all_made(
    bootstrap: Bootstrap,
    letters: Iterable[Letter],
    given: Mapping[str, dict[str, object]],
    *,
    edit: bool,
    are_named: bool,
) -> Iterator[Replay]:
    """Make what is sent again; of letters that nobody named those are left that cannot be."""
    for letter in letters:
        try:
            yield _made(bootstrap, letter, given.get(letter.id), edit=edit)
        except ReplayError as error:
            if are_named or edit:
                raise
            complain(f"left: {error}")


def _records(count: int) -> str:
    return f"{count} record" if count == 1 else f"{count} records"


def _made(
    bootstrap: Bootstrap, letter: Letter, given: dict[str, object] | None, *, edit: bool
) -> Replay:
    if given is not None and "payload" in given:  # nothing of what the record holds is needed
        require_record(letter)
        return with_mended(Replay(letter, letter.key, None), given)
    made = replay_of(bootstrap, letter)
    made = made if given is None else with_mended(made, given)
    if not edit:
        return made
    edited = _edited(made.value or b"")
    if edited == made.value:
        message = f"{letter.id} was not changed in the editor: nothing was sent"
        raise ReplayError(message)
    return Replay(letter, made.key, edited)


def _edited(value: bytes) -> bytes:
    """Let a person change a value in the editor that the environment names."""
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "record.json"
        file.write_bytes(value)
        done = subprocess.run([*shlex.split(editor), str(file)], check=False)  # noqa: S603  # theirs
        if done.returncode != 0:
            message = f"the editor `{editor}` ended with {done.returncode}: nothing was sent"
            raise ReplayError(message)
        changed = file.read_bytes()
    # Most editors end a file with a line break, and most values have none.
    return changed if value.endswith(b"\n") else changed.removesuffix(b"\n")


def _letters(read: Folder, reason: str | None, since: str | None) -> Iterator[Letter]:
    if reason is not None and reason not in set(DeadLetterReason):
        message = f"there is no reason '{reason}': {near(reason, [*DeadLetterReason])}"
        raise typer.BadParameter(message, param_hint="--reason")
    begin = None
    if since is not None:
        try:
            begin = parse_instant(since)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--since") from error
    return read_letters(local.bootstrap_of(read), read.settings.topics, reason=reason, since=begin)


def _named(letters: Iterable[Letter], names: list[str]) -> list[Letter]:
    known = {letter.id: letter for letter in letters}
    missing = [name for name in names if name not in known]
    if missing:
        message = f"there is no dead letter '{missing[0]}': {near(missing[0], list(known))}"
        raise JourneyError(message)
    return [known[name] for name in dict.fromkeys(names)]


def _row(letter: Letter) -> dict[str, object]:
    return {
        "dead_letter_id": letter.id,
        "reason": letter.reason,
        "detail": letter.detail,
        "topic": letter.topic,
        "key": letter.key,
        "size": letter.size,
        "recorded_at": _at(letter),
        "advice": advice(letter.reason),
    }


def _at(letter: Letter) -> str | None:
    return None if letter.recorded_at is None else format_instant(letter.recorded_at)


def lines(letters: Iterable[Letter]) -> Iterator[str]:
    """Write dead letters for people: by reason and origin, the most frequent first."""
    letters = list(letters)
    counts = Counter((letter.reason, letter.topic) for letter in letters)
    for (reason, topic), count in counts.most_common():
        yield f"{reason}  {count} from {topic}"
        yield f"  to do    {advice(reason)}"
        ours = [one for one in letters if (one.reason, one.topic) == (reason, topic)]
        for letter in ours[-_LATEST:]:
            yield f"  {letter.id}  {_at(letter) or 'no time'}  key {letter.key or 'none'}"
            yield f"    {letter.detail}"
        if count > _LATEST:
            yield f"  and {count - _LATEST} before"


def shown(found: Original, *, was_replayed: bool) -> Iterator[str]:
    """Write one dead letter for people."""
    letter = found.letter
    yield f"{letter.id}  {letter.reason}"
    yield f"  why      {letter.detail}"
    yield f"  to do    {advice(letter.reason)}"
    yield f"  topic    {letter.topic}, partition {letter.partition}, offset {letter.offset}"
    yield f"  came     {_at(letter) or 'at a time that is no instant'}"
    yield f"  key      {letter.key or 'none'}"
    yield f"  again    {'was sent again' if was_replayed else 'was not sent again'}"
    part = "" if found.is_whole else f", of which the first {len(found.value or b'')} are left"
    yield f"  value    {letter.size} bytes{part}"
    yield from _bytes((found.value or b"")[:_BYTES])


def _bytes(value: bytes) -> Iterator[str]:
    """Write bytes as text, or as a dump where they are none."""
    try:
        text = value.decode()
    except UnicodeDecodeError:
        for start in range(0, min(len(value), 256), 16):
            row = value[start : start + 16]
            readable = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)  # noqa: PLR2004
            yield f"    {start:04x}  {row.hex(' '):<47}  {readable}"
        return
    yield from (f"    {line}" for line in text.splitlines())
