# Error shapes of AWS's Python runtime: what a caller receives and what the log shows.

import os
import sys

ERROR = 4
_RUNTIME_DIR = os.path.dirname(os.path.abspath(__file__))
_NO_BREAK_SPACE = "\u00a0"


class Fault(Exception):
    """A failure the runtime itself finds; `kind` without its "Runtime." prefix."""

    def __init__(self, kind, message, trace=None):
        super().__init__(message)
        self.error_type = "Runtime." + kind
        self.message = message
        self.trace = trace


def make_error(message, error_type, stack_trace, request_id=""):
    return {
        "errorMessage": message or "",
        "errorType": error_type or "",
        "requestId": request_id or "",
        "stackTrace": stack_trace or [],
    }


def from_fault(fault, request_id=""):
    return make_error(fault.message, fault.error_type, fault.trace, request_id)


def from_exception(request_id=""):
    """The exception being handled, without the runtime's own frames in front."""
    import traceback

    error_type, value, tb = sys.exc_info()
    frames = [(frame.filename, frame.lineno, frame.name, frame.line) for frame in traceback.extract_tb(tb)]
    while len(frames) > 1 and frames[0][0].startswith(_RUNTIME_DIR):
        frames.pop(0)
    return make_error(_text(value), error_type.__name__, traceback.format_list(frames), request_id)


def _text(value):
    try:
        return str(value)
    except Exception:
        return "<unprintable " + type(value).__name__ + " object>"


def error_lines(error):
    """The text log's form of an error; indented with no-break spaces, as AWS does so that the console keeps them."""
    head = "[ERROR]"
    if error["errorType"]:
        head += " " + error["errorType"]
    if error["errorMessage"]:
        head += (":" if error["errorType"] else "") + " " + error["errorMessage"]
    lines = [head, "Traceback (most recent call last):"]
    for element in error["stackTrace"]:
        for line in element.splitlines() or [""]:
            text = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(text)) + text)
    return "\n".join(lines)
