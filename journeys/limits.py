"""Every default and limit of what an author may write, in one place.

Marked [field] where the field's reference product has the same number (`journey-semantics` A.21);
there it is a hard wall, here a default that a definition may change, or a bound that keeps a slip
of the pen from becoming a plan. Limits of expressions, records and state stand beside the code they
protect.
"""

from __future__ import annotations

from typing import Final

_MINUTE: Final = 60_000
_DAY: Final = 86_400_000

JOURNEY_TIMEOUT_MS: Final = 91 * _DAY
"""A walk ends with `timeout` after this long, unless the journey says otherwise. [field]"""
REENTRY_AFTER_MS: Final = 5 * _MINUTE
"""How long after the end of a walk the same person may begin another. [field]"""
CALL_TIMEOUT_MS: Final = 30_000
"""Total time of all attempts of one action or lookup. [field]"""
CALL_ATTEMPTS: Final = 4
"""Attempts of one action or lookup: once and three retries. [field]"""
CONNECTIONS: Final = 200
"""Calls at once to one endpoint. The field allows at most 400."""
WAIT_MS: Final = 6 * 3_600_000
"""How long a call waits for its turn at an endpoint that has too much to do. [field]"""
QUEUE: Final = 100_000
"""Calls that wait for their turn at one endpoint."""
BREAKER_OF: Final = 20
"""Latest attempts by which an endpoint is judged."""
BREAKER_FAILURES: Final = 50
"""Percent of them that failed, from which on the endpoint is left alone."""
BREAKER_PAUSE_MS: Final = 5_000
"""How long it is left alone at first."""
LOOKUP_KEYS: Final = 50
"""Keys of one lookup in a table; with more it ends as `error`. [field]"""
LOOKUP_BYTES: Final = 10 * 1024
"""Bytes of what one lookup in a table gives; with more it ends as `error`. [field]"""
READ_RATE: Final = 5_000
"""People a second when an audience is read into a journey. [field]"""
SEND_WITHIN_MS: Final = _DAY
"""How far ahead the hour lies at most at which a person tends to open messages."""
SEND_EXPLORE: Final = 5
"""Percent of the people who wait for such an hour and are given any instant instead. [field]"""
BANDIT_EVERY_MS: Final = 3_600_000
"""How often the shares of a bandit are moved at most."""
BANDIT_LEAST_MS: Final = 1_000
"""Smallest `every` of a bandit."""
PRIORITY: Final = 50
"""Priority of a journey: where several want one thing at one instant, the higher goes first."""

MAX_FILE_BYTES: Final = 2 * 1024 * 1024
"""Bytes of a file of a project; larger ones are left out."""
MAX_ONNX_BYTES: Final = 4 * 1024 * 1024
"""Bytes of an ONNX file; larger ones are left out."""
MAX_FEATURES: Final = 1_000
"""Expressions that feed one input of an ONNX model."""
MAX_YAML: Final = 1024 * 1024
"""Characters of one YAML file."""
MAX_YAML_LEVELS: Final = 50
"""Levels of values within values in YAML."""
MAX_DOCUMENTS: Final = 1_000
"""Definitions of one YAML file."""
MAX_YAML_VALUES: Final = 10_000
"""Values of one YAML file."""
MAX_STEPS: Final = 200
"""Steps of one journey."""
MAX_RULES: Final = 50
"""Ways out of one condition, choice, split or experiment."""
MAX_RACERS: Final = 20
"""Branches of one `first_of`."""
MAX_LOOKUP_FIELDS: Final = 20
"""Fields of a row that one lookup names. [field]"""
MAX_EXITS: Final = 50
"""Exit criteria of one journey."""
MAX_UPDATES: Final = 50
"""Fields that one `update_profile` writes."""
MAX_VISITS: Final = 10_000
"""Largest `max_visits` of a step."""
MAX_ATTEMPTS: Final = 10
"""Largest `attempts` of an action or source."""
MAX_CONNECTIONS: Final = 1_000
"""Largest `connections` of an endpoint."""
MAX_CALLS: Final = 10_000_000
"""Largest `at_most` of the cap or throttle of an endpoint."""
MAX_QUEUE: Final = 1_000_000
"""Largest `queue` of an endpoint."""
MAX_BREAKER_OF: Final = 1_000
"""Largest number of attempts by which an endpoint is judged."""
MAX_READ_RATE: Final = 20_000
"""Fastest reading of an audience, people a second. [field]"""
MAX_WAVES: Final = 10
"""Waves that one reading of an audience is cut into. [field]"""
MAX_SEND_WITHIN_MS: Final = 7 * _DAY
"""Longest `within` of a wait for the hour at which a person opens messages."""
MAX_PRIORITY: Final = 100
"""Largest priority of a journey. [field]"""
MAX_CAP: Final = 1_000_000_000
"""Largest number of people that a `cap` lets through."""
MAX_ITEMS: Final = 1_000
"""Items under `do`, and under `expect`, of a scenario, and rows of one of its tables."""
MAX_REPEATS: Final = 1_000
"""Largest `repeat` of an event in a scenario."""
MAX_CAPS: Final = 10
"""Frequency caps of one policy."""
MAX_PER_PERIOD: Final = 10_000
"""Largest `at_most` of a frequency cap."""
MAX_WINDOW_MS: Final = 366 * _DAY
"""Longest sliding window of a policy."""
MAX_DEFERRAL_MS: Final = 7 * _DAY
"""Longest that quiet hours hold a message back; one that would wait longer is not sent. [field]"""
MAX_INSIDE: Final = 1_000
"""Largest `inside` of a policy."""
MAX_SMS: Final = 1_600
"""Characters of an SMS, ten parts; a longer one is not sent."""
MAX_PUSH_BYTES: Final = 4_096
"""Bytes of title, text and data of a notification; a larger one is not sent."""
MAX_WEB_PUSH_BYTES: Final = 3_900
"""Bytes of a notification for a browser, as it is written: encrypted, 4,096 may leave."""
MAX_LOOPS: Final = 10_000
"""Turns of all loops of one text for one person; beyond it the message is not sent."""
MAX_OUTPUT: Final = 1_000_000
"""Characters that one text becomes; beyond it the message is not sent."""
MAX_WORK: Final = 4_000_000
"""Characters that filling one text reads and writes on the way; beyond it the message is not sent.
"""
MAX_NUMBER: Final = 4_000
"""Digits of a number that a filter makes."""
MAX_DATE: Final = 200
"""Characters of a text that the filter `date` reads, and of its format."""
MAX_DECIMALS: Final = 10
"""Decimals that the filter `number` writes."""
MAX_READ_DIGITS: Final = 15
"""Digits before the point of what the filters `number` and `money` read."""
MAX_HOLES: Final = 2_000
"""Holes and tags (`{{ … }}`, `{% … %}`) of one text."""
MAX_HOLE: Final = 5_000
"""Characters of one hole or tag."""
MAX_TAGS_DEPTH: Final = 200
"""Levels of tags in an MJML file."""
