"""Journeys to draw: one that is hard to, and one with every kind of step."""

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
    max_visits: 10
    condition:
      - {label: "1. very big spenders from the north", when: "@event{signup.total} > 1000", to: ask}
      - {label: big, when: "@event{signup.total} > 500", to: race}
      - {label: medium, when: "@event{signup.total} > 300", to: second}
      - {label: small, when: "@event{signup.total} > 200", to: third}
      - {label: tiny, when: "@event{signup.total} > 150", to: third}
      - {else: true, to: fourth}
  ask: {action: score, with: {reason: big}, on: {error: lost, timeout: lost, not_sent: end}}
  race:
    max_visits: 10
    on: {max_visits: lost}
    first_of:
      - {event: purchase, when: "@event{purchase.cart} == @event{signup.cart}", to: thank}
      - {event: visit, to: second}
      - {wait: P1D, to: nag}
  nag: {action: mail, on: {error: lost}}
  again: {wait: P3D, next: race}
  second: {wait: PT2H30M}
  second-ask:
    max_visits: 3
    action: score
    with: {reason: "#{profile.id}"}
    on: {error: second_pause}
  second_choice:
    condition:
      - {label: good, when: "@action{second-ask.score} >= 60", to: thank}
      - {else: true, to: fourth}
  second_pause: {wait: P1D, next: second-ask}
  third: {action: mail}
  third_wait:
    max_visits: 5
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
"""Loops, joins, long texts, and characters that mean something."""

EVERY_KIND = """
kind: source
id: weather
url: "https://weather.example/now?city={{ params.city }}"
---
kind: audience
id: big_spenders
when: "#{profile.total} > 500"
---
kind: journey
id: every_kind
version: 1
timezone: Europe/Paris
start: 2026-03-01T08:00:00Z
in_flight: move
map: {old: choose}
entry: {event: signup, reentry: {allowed: false}}
exit:
  - {event: purchase}
  - {label: became_big, audience: {id: big_spenders, on: enter}}
steps:
  choose:
    condition:
      - label: office
        when: "@event{signup.total} > 100"
        hours: "09:00-17:00"
        days: [mon, tue]
        to: half
      - {label: december, dates: "2026-12-01/..", to: best}
  best:
    choose:
      - {label: offer, when: "@event{signup.total} > 1", score: "#{profile.score}", to: half}
      - {label: call, score: "5", to: half}
      - {else: true, to: end}
    explore: 5
  half: {split: [{label: a, percent: 12.5, to: try}, {label: b, percent: 87.5, to: some}]}
  try:
    experiment:
      arms: [{id: short, to: some}, {id: long, to: ask}]
      holdout: {percent: 10, to: end}
      metric: {event: purchase}
  some: {cap: 1000, on: {full: end}}
  ask: {lookup: weather, with: {city: "#{profile.city}"}, on: {error: race}}
  race:
    max_visits: 3
    on: {max_visits: go}
    first_of:
      - {label: bought, event: purchase, when: "@event{purchase.total} > 5", to: tell}
      - {label: left, audience: {id: big_spenders, on: exit}, to: end}
      - {label: read, reaction: {step: tell, is: clicked}, to: end}
      - {label: morning, wait: {at: "09:00", days: [mon, tue]}, to: tell}
  tell: {action: mail}
  later: {wait: {until: "toDateTime('2026-05-01T00:00:00Z')"}, next: race, on: {max_visits: go}}
  go: {update_profile: {loyalty.tier: gold}}
  say: {emit: {type: loyalty.upgraded, payload: {tier: gold}}}
  over: {jump: simple, with: {plan: vip}}
  done: {end: completed}
"""
"""Needs the simple journey beside it, to jump to."""
