# Frames on the inherited descriptor 3: blocking reads and writes (../../README.md is the protocol's text).

import os
from _thread import allocate_lock

CHANNEL_FD = 3
READ_BYTES = 65536
FRAME_BYTES_MAX = 8 * 1024 * 1024

ASSIGN, INVOKE, SHUTDOWN, RESTORE = 1, 2, 3, 5
HELLO, READY, INIT_ERROR, RESPONSE, ERROR = 16, 17, 18, 19, 20
LOG, RESTORE_NEXT = 24, 26

# Threads of the function may print while the handler runs; a frame is written whole.
_lock = allocate_lock()
# Set where several processes write to the one channel: called with True before and False after.
between_processes = None
_buffer = b""


def _read(size):
    while True:
        try:
            data = os.read(CHANNEL_FD, size)
        except BlockingIOError:
            # Only for a descriptor somebody made non-blocking.
            import select

            select.select([CHANNEL_FD], [], [])
            continue
        except OSError:
            data = b""
        if not data:
            # The engine closed the channel: nobody is left to work for.
            os._exit(0)
        return data


def _take(size):
    global _buffer
    if len(_buffer) < size:
        parts = [_buffer]
        missing = size - len(_buffer)
        while missing > 0:
            parts.append(_read(max(missing, READ_BYTES)))
            missing -= len(parts[-1])
        _buffer = b"".join(parts)
    taken, _buffer = _buffer[:size], _buffer[size:]
    return taken


def read_frame():
    """(type, body). Blocks: between invocations only threads of the function run."""
    length = int.from_bytes(_take(4), "big")
    if length < 1 or length > FRAME_BYTES_MAX:
        os._exit(1)
    frame = _take(length)
    return frame[0], frame[1:]


def write_frame(frame_type, body=b""):
    frame = memoryview((1 + len(body)).to_bytes(4, "big") + bytes((frame_type,)) + body)
    with _lock:
        if between_processes is not None:
            between_processes(True)
        while frame:
            try:
                frame = frame[os.write(CHANNEL_FD, frame) :]
            except BlockingIOError:
                import select

                select.select([], [CHANNEL_FD], [])
            except OSError:
                os._exit(1)
        if between_processes is not None:
            between_processes(False)
