"""How the page of a report looks, in light and in dark, on paper and on a telephone."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --ink: #1e2733; --soft: #55627a; --line: #dfe4ec;
  --ground: #f6f7fa; --card: #ffffff; --rail: #e9edf4; --main: #2f66d0; --other: #8aa4d6;
  --stand: #b7791f; --lost: #b3261e; --good: #14713a;
  --out: #8b96a8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f1; --soft: #a3afc2; --line: #2c3442;
  --ground: #0f131a; --card: #171c25; --rail: #232b38; --main: #6f9cf5; --other: #3f5c94;
  --stand: #e0a94a; --lost: #ff8a80; --good: #6fce94;
  --out: #77839a; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); line-height: 1.5;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; margin: 0 0 0.25rem; }
h2 { font-size: 1.35rem; margin: 2.5rem 0 0.5rem; }
h3 { font-size: 1.05rem; margin: 0 0 0.75rem; }
p { margin: 0 0 0.75rem; }
.soft { color: var(--soft); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem;
  padding: 1rem 1.1rem; margin: 0 0 1rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr)); gap: 0.75rem;
  margin: 0 0 1rem; padding: 0; list-style: none; }
.tiles li { background: var(--card); border: 1px solid var(--line); border-radius: 0.6rem;
  padding: 0.7rem 0.9rem; }
.tiles b { display: block; font-size: 1.6rem; line-height: 1.2;
  font-variant-numeric: tabular-nums; }
.tiles span { color: var(--soft); font-size: 0.85rem; display: block; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
  gap: 0 1rem; }
.ledger { font-weight: 600; }
.ledger.good { color: var(--good); }
.ledger.bad { color: var(--lost); }
.key { display: flex; flex-wrap: wrap; gap: 0.2rem 1rem; margin: 0 0 0.6rem; padding: 0;
  list-style: none; color: var(--soft); font-size: 0.85rem; }
.key i { display: inline-block; width: 0.8rem; height: 0.8rem; border-radius: 2px;
  margin-right: 0.35rem; vertical-align: -1px; }
.key .main { background: var(--main); } .key .other { background: var(--other); }
.key .stand { background: var(--stand); } .key .out { background: var(--out); }
.key .lost { background: var(--lost); }
.scroll { overflow-x: auto; margin-top: 0.75rem; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.35rem 0.5rem; border-bottom: 1px solid var(--line);
  vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child, .text { text-align: left; }
td.text { white-space: normal; }
td.long { white-space: normal; min-width: 14rem; text-align: left; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; }
summary { cursor: pointer; color: var(--soft); font-size: 0.88rem; margin-top: 0.75rem; }
nav ul { padding-left: 1.2rem; margin: 0.5rem 0 0; } a { color: inherit; }
.better { color: var(--good); font-weight: 600; } .worse { color: var(--lost); font-weight: 600; }
@media print { body { background: none; } .card, .tiles li { break-inside: avoid; } }
"""
