"""What a plan's expressions need to be computed: scores, audiences and the past they read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from journeys.compiler.vocabulary import Vocabulary
from journeys.definitions import AudienceRule, Conversions, Rules
from journeys.expressions.catalog import Read, ReadKind
from journeys.history import HistoryRead


def rules_for(
    vocabulary: Vocabulary,
    reads: Sequence[Read],
    crossed: Iterable[str],
    conversions: Mapping[str, Conversions],
) -> Rules:
    """Gather the rules behind everything that one journey reads.

    Args:
        vocabulary: the names of the project.
        reads: what its expressions read.
        crossed: audiences that it is entered, left or raced by.
        conversions: where its expressions read dates and durations.
    """
    conversions = dict(conversions)
    every = list(reads)
    audiences = {}
    for name in sorted({*_named(every, ReadKind.AUDIENCE), *crossed}):
        if name in vocabulary.audiences:
            when, names = vocabulary.audiences[name]
            audiences[name] = AudienceRule(when, _counted(vocabulary, names.reads))
            conversions |= names.conversions
            every += names.reads
    models = {}
    for name in _named(every, ReadKind.DECISION):
        if name in vocabulary.models:
            models[name], names = vocabulary.models[name]
            conversions |= names.conversions
            every += names.reads
    histories = {
        HistoryRead(read.name, ".".join(read.path), read.window_ms)
        for read in every
        if read.kind is ReadKind.HISTORY
    }
    asked = sorted(histories, key=lambda read: (read.event, read.path, read.window_ms or 0))
    return Rules(conversions, models, audiences, asked)


def _counted(vocabulary: Vocabulary, reads: Sequence[Read]) -> list[str]:
    """Name the events whose past a rule reads, itself or through a score."""
    scored = (
        vocabulary.models[name][1].reads
        for name in _named(reads, ReadKind.DECISION)
        if name in vocabulary.models
    )
    return _named([*reads, *(read for more in scored for read in more)], ReadKind.HISTORY)


def _named(reads: Sequence[Read], kind: ReadKind) -> list[str]:
    return sorted({read.name for read in reads if read.kind is kind})
