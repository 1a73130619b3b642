"""The pages for learners and trainers: light pages of their own, no Dash.

They are apart from the body map because a learner's phone must neither load what the
map needs nor come near the session records.
"""
