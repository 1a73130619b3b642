"""What can be wrong with a course or an answer, in words; each has an HTTP status."""

from __future__ import annotations

from anatomy.errors import NeedlemapError


class LearnError(NeedlemapError):
    """Base of what is wrong with a course, a learner or an answer."""

    code = "learn"
    status = 422


class UnknownCodeError(LearnError):
    """Raised for a code that no course has."""

    code = "unknown_code"
    status = 404


class EndedError(LearnError):
    """Raised when a course has ended."""

    code = "ended"
    status = 410


class NameTakenError(LearnError):
    """Raised when another learner of a course has this name."""

    code = "name_taken"
    status = 409


class WrongWordError(LearnError):
    """Raised when the word to come back with is not the right one."""

    code = "wrong_word"
    status = 403


class NotJoinedError(LearnError):
    """Raised when this browser has not joined the course, or was taken off it."""

    code = "not_joined"
    status = 403


class TimeUpError(LearnError):
    """Raised for an answer after the time of the course."""

    code = "time_up"
    status = 410


class OutOfTurnError(LearnError):
    """Raised for an answer to an exercise that is not the next one."""

    code = "out_of_turn"
    status = 409


class EditedError(LearnError):
    """Raised when a course was changed in another window since it was read."""

    code = "edited"
    status = 409


class TrainerOnlyError(LearnError):
    """Raised when a learner asks for what is the trainer's."""

    code = "trainer_only"
    status = 403
