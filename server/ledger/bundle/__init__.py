"""The evidence bundle: one file with everything that proves a lesson, and its check without server, database or network.

`archive` the container · `layout` what lies where · `write` making one · `check` checking one, with `chain_check`, `seal_check`, `file_check`
and `marks_check` as its parts · `tables` the CSV lists · `texts` sentences for people. The format in prose: docs/record.md.
"""
