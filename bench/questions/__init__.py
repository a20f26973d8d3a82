"""How many questions are answered exactly right: a suite over a rendered site whose truth is exact.

Owns the suite's site (three days of four cameras, with gaps), its questions with their answers by the truth, and the
scores. The answers are worked out here, by functions that share no code with the service that is measured.
"""
