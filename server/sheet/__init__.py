"""The tracking sheet (Phiếu theo dõi giảng dạy và học tập trực tuyến) as values: what it says, what is missing, what it is bound to. PURE.

`content` every printed word · `compose` makes it from plan, facts and texts · `fields` what the lecturer writes · `projection` the fold over
events · `states` its life · `numbers` number and verification code · `vietnamese` dates and durations in words · `log_lines` appendix 2.
"""
