# SnapStart: the hooks before a snapshot, the wait for the restore, the hooks after it.
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-python.html; error types and order are those of AWS's runtime client.

import os
import sys

from . import channel
from .main import end_lines

HOOK_FAILED_EXIT_CODE = 64


def run(runtime, error_type, work):
    try:
        work()
    except Exception:
        from .errors import from_exception

        runtime.report(channel.INIT_ERROR, {**from_exception(), "errorType": error_type})
        end_lines()
        sys.exit(HOOK_FAILED_EXIT_CODE)


def before_snapshot():
    from snapshot_restore_py import get_before_snapshot

    hooks = get_before_snapshot()
    while hooks:  # in reverse order of their registration
        hook, args, kwargs = hooks.pop()
        hook(*args, **kwargs)


def after_restore():
    from snapshot_restore_py import get_after_restore

    for hook, args, kwargs in get_after_restore():
        hook(*args, **kwargs)


def wait_for_restore(runtime):
    run(runtime, "Runtime.BeforeSnapshotError", before_snapshot)
    end_lines()
    channel.write_frame(channel.RESTORE_NEXT)
    frame_type, _ = channel.read_frame()
    if frame_type != channel.RESTORE:
        os._exit(0 if frame_type == channel.SHUTDOWN else 1)
    run(runtime, "Runtime.AfterRestoreError", after_restore)
