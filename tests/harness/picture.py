"""A journey that is hard to draw: loops, joins, long texts, characters that mean something."""

from __future__ import annotations

HARD = """
kind: journey
id: hard.to-draw
version: 12
label: "A label that says <everything> & \\"more\\" than anybody wants to read in a box"
timezone: profile
entry:
  event: signup
  when: "@event{signup.total} > 100 and @event{signup.channel} != 'import'"
  key: "@event{signup.cart}"
steps:
  greet_everybody_with_the_longest_possible_name_of_a_step: {action: mail}
  pause: {wait: PT1H}
  choose:
    label: Who is it?
    condition:
      - {label: "1. very big spenders from the north", when: "@event{signup.total} > 1000", to: ask}
      - {label: big, when: "@event{signup.total} > 500", to: race}
      - {label: medium, when: "@event{signup.total} > 300", to: second}
      - {label: small, when: "@event{signup.total} > 200", to: third}
      - {label: tiny, when: "@event{signup.total} > 150", to: third}
      - {else: true, to: fourth}
  ask: {action: score, with: {reason: big}, on: {error: lost, timeout: lost, not_sent: end}}
  race:
    first_of:
      - {event: purchase, when: "@event{purchase.cart} == @event{signup.cart}", to: thank}
      - {event: visit, to: second}
      - {wait: P1D, to: nag}
  nag: {action: mail, on: {error: lost}}
  again: {wait: P3D, next: race}
  second: {wait: PT2H30M}
  second-ask: {action: score, with: {reason: "#{profile.id}"}, on: {error: second_pause}}
  second_choice:
    condition:
      - {label: good, when: "@action{second-ask.score} >= 60", to: thank}
      - {else: true, to: fourth}
  second_pause: {wait: P1D, next: second-ask}
  third: {action: mail}
  third_wait:
    first_of:
      - {event: visit, to: third_wait}
      - {event: purchase, to: thank}
      - {wait: P7D, to: rest}
  fourth: {condition: [{when: "@event{signup.total} > 120", to: fifth}]}
  fifth: {action: mail}
  sixth: {wait: P1D, next: choose}
  rest: {wait: P30D, next: end}
  thank: {action: mail, label: "Thanks, and \\"goodbye\\""}
  done: {end: completed}
  lost: {end: failed}
"""
