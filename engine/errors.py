"""The errors a user can meet: each message says what was given, what is possible and what to do."""


class LoopGenError(Exception):
    """Base of every error that is the user's to read: one clear sentence, shown as it is."""


class InvalidRequest(LoopGenError, ValueError):
    """A request, pattern, curve or option outside what the instrument can do."""


class AudioFileError(LoopGenError):
    """An audio file that cannot be read, or is not usable as a loop."""


class ExportError(LoopGenError):
    """A file that could not be written; nothing partial is left behind."""


class PackError(LoopGenError):
    """A model pack that is missing, damaged, foreign or of another schema."""


class CorpusError(LoopGenError):
    """A corpus folder that is missing, damaged or does not fit the pack."""


class DeviceError(LoopGenError):
    """A compute device that was asked for and is not there."""


class DownloadError(LoopGenError):
    """A download that did not arrive, or not as it should; what came whole is kept to go on from."""


class MissingDependency(LoopGenError):
    """An optional package that a feature needs; the message names the extra to install."""


class Cancelled(LoopGenError):
    """The user cancelled; carries no result."""
