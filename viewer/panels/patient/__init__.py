"""The patient's panel: questions, answers, painted places, examples."""
