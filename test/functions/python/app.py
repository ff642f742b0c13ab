# Handlers that show one behaviour of the Python runtime each.
import collections
import ctypes
import decimal
import json
import multiprocessing
import os
import subprocess
import sys
import threading

count = 0
Point = collections.namedtuple("Point", "x y")


def echo(event, context):
    return {
        "event": event,
        "id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "name": context.function_name,
        "memory": context.memory_limit_in_mb,
        "group": context.log_group_name,
        "tenant": context.tenant_id,
        "identity": context.identity.cognito_identity_id,
        "client": context.client_context and context.client_context.client.app_title,
        "custom": context.client_context and context.client_context.custom,
        "remaining": context.get_remaining_time_in_millis(),
        "text": repr(context),
    }


def counted(event, context):
    global count
    count += 1
    return count


def nothing(event, context):
    pass


def environment(event, context):
    return {"trace": os.environ.get("_X_AMZN_TRACE_ID"), "cwd": os.getcwd(), "path": sys.path, "env": dict(os.environ)}


kept = os.environ


def tell_trace(to):
    to.send(os.environ.get("_X_AMZN_TRACE_ID"))


def traces(event, context):
    look, name = event["look"], "_X_AMZN_TRACE_ID"
    if look == "kept":
        return kept[name]
    if look == "listed":
        return {**os.environ}[name]
    if look == "child":
        return subprocess.run(["sh", "-c", "echo $" + name], capture_output=True, text=True).stdout.strip()
    if look == "system":
        os.system("echo $" + name + " > /tmp/evoke-trace-%d" % os.getpid())
        with open("/tmp/evoke-trace-%d" % os.getpid()) as file:
            found = file.read().strip()
        os.remove(file.name)
        return found
    if look == "fork":
        read, write = os.pipe()
        if os.fork() == 0:
            os.dup2(write, 1)
            os.execlp("sh", "sh", "-c", "echo $" + name)
        os.close(write)
        os.wait()
        return os.read(read, 100).decode().strip()
    if look == "spawn":
        multiprocessing.set_executable(sys.executable)
        ours, theirs = multiprocessing.Pipe()
        child = multiprocessing.get_context("spawn").Process(target=tell_trace, args=(theirs,))
        child.start()
        child.join()
        return ours.recv()
    if look == "native":
        getenv = ctypes.CDLL(None).getenv
        getenv.restype = ctypes.c_char_p
        return (getenv(name.encode()) or b"").decode()
    if look == "deleted":
        del os.environ[name]
        return os.environ.get(name)
    if look == "replaced":
        os.environ = dict(os.environ)
    return os.environ.get(name)


def values(event, context):
    return {"price": decimal.Decimal("0.10"), "point": Point(1, 2), "bytes": b"text", "word": "é", "n": 1.5}


def raw(event, context):
    return b"\x00\x01raw"


def large(event, context):
    return "x" * event["bytes"]


def fail(event, context):
    raise ValueError("boom")


def unserializable(event, context):
    return object()


def circular(event, context):
    value = {}
    value["self"] = value
    return value


def exits(event, context):
    sys.exit(5)


def interrupted(event, context):
    raise KeyboardInterrupt()


def prints(event, context):
    print("one\ntwo")
    print("three", file=sys.stderr)
    sys.stdout.writelines(["four\n"])
    print("no end", end="")
    return [sys.stdout.fileno(), hasattr(sys.stdout, "buffer"), sys.stdout.encoding.lower()]


def logs(event, context):
    import logging

    logger = logging.getLogger("app")
    logger.debug("hidden?")
    logger.info("some %s", "info")
    logger.warning("two\nlines", extra={"color": "red"})
    try:
        raise KeyError("k")
    except KeyError:
        logger.exception("failed")
    return [logging.getLogger().level, len(logging.getLogger().handlers)]


def threads(event, context):
    workers = [threading.Thread(target=lambda: [print("line " + "z" * 200) for _ in range(50)]) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def descriptors(event, context):
    command = ["/bin/sh", "-c", "if true <&3; then echo open; else echo closed; fi"]
    child = subprocess.run(command, close_fds=False, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return child.stdout.decode().strip()


def forks(event, context):
    child = os.fork()
    if child == 0:
        print("from the child")
        os._exit(0)
    os.waitpid(child, 0)
    return json.dumps("parent")
