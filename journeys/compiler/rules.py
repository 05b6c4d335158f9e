"""What a plan's expressions need to be computed: scores, audiences and the past they read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from journeys.compiler.vocabulary import Vocabulary
from journeys.definitions import Conversions, Rules
from journeys.expressions.catalog import Read, ReadKind
from journeys.history import HistoryRead


def rules_for(
    vocabulary: Vocabulary, reads: Sequence[Read], conversions: Mapping[str, Conversions]
) -> Rules:
    """Gather the rules behind everything that the expressions of one journey read."""
    conversions = dict(conversions)
    every = list(reads)
    audiences = {}
    for name in _named(every, ReadKind.AUDIENCE):
        if name in vocabulary.audiences:
            audiences[name], names = vocabulary.audiences[name]
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


def _named(reads: Sequence[Read], kind: ReadKind) -> list[str]:
    return sorted({read.name for read in reads if read.kind is kind})
