"""The graph of a journey's steps: what can be reached, and what runs in circles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

Edges = Mapping[str, Iterable[str]]


def reachable(first: str, edges: Edges) -> set[str]:
    """Give the steps that a walk can come to."""
    seen: set[str] = set()
    waiting = [first]
    while waiting:
        step = waiting.pop()
        if step not in seen:
            seen.add(step)
            waiting += edges.get(step, ())
    return seen


def hasty_loop(edges: Edges, holding: set[str]) -> list[str] | None:
    """Find a circle of steps none of which takes time; give it in order, or None."""
    hasty = {step: [to for to in edges[step] if to not in holding] for step in edges}
    for step in holding:
        hasty.pop(step, None)
    done: set[str] = set()
    for start in hasty:
        circle = _circle(start, hasty, done)
        if circle:
            return circle
    return None


def _circle(start: str, edges: Edges, done: set[str]) -> list[str] | None:
    path: list[str] = []
    stack = [(start, iter(edges.get(start, ())))] if start not in done else []
    path += [start] * len(stack)
    while stack:
        _, following = stack[-1]
        to = next((t for t in following if t not in done), None)
        if to is None:
            stack.pop()
            done.add(path.pop())
        elif to in path:
            return [*path[path.index(to) :], to]
        else:
            path.append(to)
            stack.append((to, iter(edges.get(to, ()))))
    return None
