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
            counted = _named(names.reads, ReadKind.HISTORY)
            scores = _named(names.reads, ReadKind.DECISION)
            audiences[name] = AudienceRule(when, counted, scores)
            conversions |= names.conversions
            every += names.reads
    scores = _named(every, ReadKind.DECISION)
    models = {n: vocabulary.models[n] for n in scores if n in vocabulary.models}
    return Rules(conversions, models, scores, audiences, histories(every))


def histories(reads: Iterable[Read]) -> list[HistoryRead]:
    """Give what reads ask of the past, in order."""
    found = {
        HistoryRead(read.name, ".".join(read.path), read.window_ms)
        for read in reads
        if read.kind is ReadKind.HISTORY
    }
    return sorted(found, key=lambda read: (read.event, read.path, read.window_ms or 0))


def _named(reads: Sequence[Read], kind: ReadKind) -> list[str]:
    return sorted({read.name for read in reads if read.kind is kind})
