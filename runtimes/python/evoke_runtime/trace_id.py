# os.environ["_X_AMZN_TRACE_ID"], another one for each event: it becomes a variable of the process when the function starts another one.
# Setting it each time took a quarter of a small invocation, and memory for good: docs/decisions/0029-trace-variable.md.

import os
import sys

NAME = "_X_AMZN_TRACE_ID"
KEY = os.environ.encodekey(NAME)
STARTING = frozenset(("subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "os.fork", "os.forkpty"))

_environ = os.environ
_is_variable = False
_watching = False


def _before(event, _args):
    """Other programs are handed the process's variables, of which os.environ is a copy."""
    global _is_variable
    if event in STARTING and not _is_variable and KEY in _environ._data:
        os.putenv(KEY, _environ._data[KEY])
        _is_variable = True


def set_trace_id(trace_id):
    global _is_variable, _watching
    if _is_variable:
        os.unsetenv(KEY)
        _is_variable = False
    if not trace_id:
        os.environ.pop(NAME, None)
        return
    if os.environ is not _environ:  # the function has put its own there
        os.environ[NAME] = trace_id
        return
    _environ._data[KEY] = trace_id.encode()
    if not _watching:
        _watching = True
        sys.addaudithook(_before)
