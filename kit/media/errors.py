"""What can be wrong with media, said for the person who sent it, and what can go wrong around it."""


class MediaError(Exception):
    """The file or picture cannot be used. The message says what is wrong and what to do; trying again does not help."""


class EmptyFileError(MediaError):
    """There is nothing in it."""


class NotMediaError(MediaError):
    """It is not what its name says, or its beginning or index is missing."""


class UnsupportedMediaError(MediaError):
    """A container or codec that is not on the list."""


class NoVideoError(MediaError):
    """It holds no pictures: sound only."""


class NoFramesError(MediaError):
    """A header with nothing behind it."""


class TruncatedMediaError(MediaError):
    """It ends before it should."""


class DamagedMediaError(MediaError):
    """Its pictures or times cannot be read."""


class PictureTooLargeError(MediaError):
    """More pixels than the limit."""


class RecordingTooLongError(MediaError):
    """More seconds or frames than the limit."""


class MediaLimitError(MediaError):
    """Reading it needed more memory, processor time or waiting than the sandbox allows."""


class MediaCrashError(MediaError):
    """The decoder crashed on it; the sandbox held."""


class NothingInRangeError(MediaError):
    """No footage between the times asked for."""


class SandboxError(Exception):
    """The sandbox itself failed (it could not start, or was killed from outside): worth another attempt."""


ERROR_BY_CODE: dict[str, type[MediaError]] = {
    "empty": EmptyFileError,
    "not_media": NotMediaError,
    "unsupported": UnsupportedMediaError,
    "no_video": NoVideoError,
    "no_frames": NoFramesError,
    "truncated": TruncatedMediaError,
    "damaged": DamagedMediaError,
    "too_large": PictureTooLargeError,
    "too_long": RecordingTooLongError,
    "limit": MediaLimitError,
    "nothing_in_range": NothingInRangeError,
}
"""The words by which the confined child names an error."""
CODE_BY_ERROR: dict[type[MediaError], str] = {error: code for code, error in ERROR_BY_CODE.items()}
"""The other way round."""
