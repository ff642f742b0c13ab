# Several events at once (Lambda Managed Instances): as many processes as there are events, each with the handler loaded for itself.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-python-runtime.html; the rules are those of PyPI awslambdaric 4.0.

import fcntl
import os
import select
import signal
import sys
import tempfile

from . import channel
from .http import RuntimeApi
from .output import own_this_process

EXIT_NO_WORKER = 1


def run(assign):
    if assign.get("inspected"):  # A debugger sees this process alone.
        work(assign, lambda _line: None)
    lock = tempfile.TemporaryFile()
    channel.between_processes = lambda begins: fcntl.lockf(lock, fcntl.LOCK_EX if begins else fcntl.LOCK_UN)
    Workers(assign, max(1, int(os.environ["AWS_LAMBDA_MAX_CONCURRENCY"]))).watch()


class Worker:
    def __init__(self, pid, pipe):
        self.pid = pid
        self.pipe = pipe
        self.ready = False
        self.request_id = None
        self.rest = b""


class Workers:
    """One process at first, then twice as many as have an event, until there are as many as there may be events at once.

    One that dies takes its own event with it; when as many have died as there may be, this process ends."""

    def __init__(self, assign, most):
        self.assign = assign
        self.most = most
        self.may_die = most
        self.living = {}
        self.api = RuntimeApi()
        self.poll = select.poll()

    def start(self):
        reading, writing = os.pipe()
        try:
            pid = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            raise
        if pid == 0:
            os.close(reading)
            for worker in self.living.values():
                os.close(worker.pipe)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            own_this_process()
            work(self.assign, lambda line: os.write(writing, line), [writing])
        os.close(writing)
        self.living[reading] = Worker(pid, reading)
        self.poll.register(reading, select.POLLIN)

    def grow(self):
        busy = sum(1 for worker in self.living.values() if worker.request_id is not None)
        starting = any(not worker.ready for worker in self.living.values())
        wanted = min(self.most, max(1, 2 * busy))
        while len(self.living) < min(self.most, wanted) and not (starting and len(self.living) > busy):
            try:
                self.start()
            except OSError:  # No more processes or files: those that are there go on.
                self.most = len(self.living)
                if self.most == 0:
                    raise

    def watch(self):
        signal.signal(signal.SIGTERM, self.shut_down)
        while True:
            self.grow()
            for pipe, _events in self.poll.poll():
                self.hear(self.living[pipe])

    def hear(self, worker):
        said = os.read(worker.pipe, 65536)
        if not said:
            return self.ended(worker)
        *lines, worker.rest = (worker.rest + said).split(b"\n")
        for line in lines:
            if line == b"ready":
                worker.ready = True
            elif line == b"done":
                worker.request_id = None
            else:
                worker.request_id = line.decode()

    def ended(self, worker):
        self.poll.unregister(worker.pipe)
        os.close(worker.pipe)
        del self.living[worker.pipe]
        code = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])
        if worker.request_id is not None:
            how = "signal: " + signal.Signals(-code).name if code < 0 else "exit status " + str(code)
            message = "RequestId: " + worker.request_id + " Error: Runtime exited with error: " + how
            self.api.error(worker.request_id, b'{"errorType":"Runtime.ExitError","errorMessage":"' + message.encode() + b'"}')
        self.may_die -= 1
        if not worker.ready:
            self.most = len(self.living)
        if self.most == 0 or self.may_die <= 0:
            os._exit(EXIT_NO_WORKER)

    def shut_down(self, *_):
        for worker in self.living.values():
            try:
                os.kill(worker.pid, signal.SIGTERM)
            except ProcessLookupError:
                pass
        for worker in list(self.living.values()):
            os.waitpid(worker.pid, 0)
        os._exit(0)


def work(assign, say, pipes=()):
    """One event after another, until the process ends. What its handler forks must not hold what tells others of that end."""
    from .main import Runtime, end_lines

    code = 1
    try:
        runtime = Runtime(assign)
        api = RuntimeApi()
        pipes = list(pipes)
        os.register_at_fork(after_in_child=lambda: (api.leave(), [os.close(pipes.pop()) for _ in list(pipes)]))
        invocation = {}

        def send(frame_type, body):
            if frame_type == channel.RESPONSE:
                api.response(invocation["id"], body)
            elif frame_type == channel.ERROR:
                api.error(invocation["id"], body)
            else:
                api.init_error(body)

        runtime.send = send
        handler = runtime.load(assign["handler"])
        end_lines()
        say(b"ready\n")
        while True:
            invocation, payload = api.next()
            say(invocation["id"].encode() + b"\n")
            runtime.run(handler, invocation, payload)
            say(b"done\n")
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 0 if leaving.code is None else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        end_lines()
        os._exit(code)
