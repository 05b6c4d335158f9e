"""Plans for tests, compiled from YAML text by the real compiler."""

from __future__ import annotations

from collections.abc import Mapping

from journeys.compiler import Compilation, compile_project
from journeys.plan import Plan
from journeys.project import read_project

COMMON = """
kind: event
id: signup
match: {eventType: account.signup}
---
kind: event
id: purchase
match: {eventType: commerce.purchases}
---
kind: event
id: visit
match: {eventType: web.visit}
---
kind: action
id: mail
channel: email
category: marketing
to: "#{profile.email}"
subject: "Hello {{ profile.firstName }}"
body: "You chose {{ event.signup.plan }}"
unsubscribe: false
---
kind: action
id: score
channel: webhook
url: https://crm.example/score
timeout: PT5S
attempts: 3
body: {person: "#{profile.id}", reason: "{{ params.reason }}"}
---
"""
"""Events and actions that journeys of tests may use."""

SIMPLE = """
kind: journey
id: simple
version: 1
entry: {event: signup}
steps:
  pause: {wait: PT1H}
"""


def compiled(
    text: str,
    files: Mapping[str, str] | None = None,
    binaries: Mapping[str, bytes] | None = None,
) -> Compilation:
    """Compile one file of definitions, and other files by name."""
    return compile_project(read_project({"project.yaml": text, **(files or {})}, {}, binaries))


def plans_of(text: str, binaries: Mapping[str, bytes] | None = None) -> list[Plan]:
    """Compile journeys that use the common definitions; an error fails the test."""
    compilation = compiled(COMMON + text, binaries=binaries)
    compilation.raise_errors()
    return list(compilation.plans.values())


def plan_of(text: str, binaries: Mapping[str, bytes] | None = None) -> Plan:
    """Compile one journey."""
    (plan,) = plans_of(text, binaries)
    return plan


RICH = """
kind: journey
id: rich
version: 3
label: Everything
namespace: ecid
timezone: Europe/Paris
entry:
  event: signup
  when: "@event{signup.total} > 1"
  key: "@event{signup.cart}"
  reentry: {after: PT1H}
steps:
  choose:
    condition:
      - {label: big, when: "@event{signup.total} > 100", to: ask}
      - {else: true, to: race}
  ask: {action: score, with: {reason: big}, on: {error: race, timeout: pause, not_sent: end}}
  race:
    label: Race
    first_of:
      - {event: purchase, when: "@event{purchase.cart} == @event{signup.cart}", to: remind}
      - {wait: P1D, to: pause}
  pause: {wait: PT1H, next: race, max_visits: 100}
  remind: {action: mail, on: {error: lost}, next: end}
  lost: {end: failed}
"""
"""A journey with every kind of step."""
