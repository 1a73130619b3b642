"""Where things are on a body: skin, bones, landmarks, charts. No clinical judgement."""
