"""From recorded events to attendance marks. PURE: integers in, integers out; no clock, no I/O, no randomness.

`policy` the school's numbers · `timeline` event times that survive clock steps · `intervals` sets of time · `lesson_time` the countable
time T of a lesson · `presence` one person's intervals · `projection` the fold over events · `facts` what it answers · `judge` the rule ·
`roll` marks with the lecturer's decisions and their digest. The rule in prose: docs/attendance.md.
"""
