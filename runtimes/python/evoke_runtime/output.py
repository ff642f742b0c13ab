# What a function prints: each line becomes one raw log frame, in order with its logging and its answer.

import os
from _thread import RLock, get_ident

from .channel import LOG, write_frame

RAW = 6
# CloudWatch Logs holds no longer event; a longer line becomes several, as on AWS.
EVENT_CHARACTERS_MAX = 256 * 1024

_process = os.getpid()


def own_this_process():
    global _process
    _process = os.getpid()


def in_this_process():
    """False in a process the function forked, which shares the channel but not the lock."""
    return os.getpid() == _process


def log(level, text):
    for start in range(0, len(text), EVENT_CHARACTERS_MAX):
        part = text[start : start + EVENT_CHARACTERS_MAX]
        write_frame(LOG, bytes((level,)) + part.encode("utf-8", "backslashreplace"))


class LineStream:
    """Stands in for sys.stdout and sys.stderr; everything else (fileno, buffer, encoding, …) is the real stream's."""

    def __init__(self, stream):
        self.stream = stream
        # One for each thread, because print() writes a line and its end separately.
        self._pending = {}
        self._lock = RLock()

    def __enter__(self):
        return self

    def __exit__(self, exc_type, exc_value, exc_tb):
        pass

    def __getattr__(self, name):
        return getattr(self.stream, name)

    def write(self, text):
        if not isinstance(text, str):
            raise TypeError("write() argument must be str, not " + type(text).__name__)
        if not in_this_process():
            self.stream.write(text)
            self.stream.flush()
            return len(text)
        thread = get_ident()
        with self._lock:
            *lines, rest = (self._pending.pop(thread, "") + text).split("\n")
            if len(rest) > EVENT_CHARACTERS_MAX:
                lines, rest = [*lines, rest], ""
            if rest:
                self._pending[thread] = rest
            for line in lines:
                log(RAW, line + "\n")
        return len(text)

    def writelines(self, lines):
        for line in lines:
            self.write(line)

    def flush(self):
        self.stream.flush()

    def end_line(self):
        """Sends what has no line end yet: an invocation's output does not wait for the next one's."""
        with self._lock:
            pending, self._pending = self._pending, {}
        for text in pending.values():
            if in_this_process():
                log(RAW, text)
