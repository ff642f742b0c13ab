# Assign, load the handler, then one invocation after another until the engine ends it.

import os
import sys

from . import channel
from .output import LineStream, log

ERROR_CHARACTERS_MAX = 512 * 1024

# What has been said about missing parts of the SDK: once in a process.
explained = []


def use_environment(env):
    changed_time_zone = env.get("TZ") != os.environ.get("TZ")
    for name in [name for name in os.environ if name not in env]:
        del os.environ[name]
    os.environ.update(env)
    if changed_time_zone:
        import time

        time.tzset()


def use_module_path(task_root):
    """As on AWS: the function's code, then its layers, then PYTHONPATH (which Python reads before the function is known)."""
    version = "python%d.%d" % sys.version_info[:2]
    layers = ["/opt/python/lib/" + version + "/site-packages", "/opt/python"]
    extra = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path and path not in sys.path]
    sys.path[0:0] = [task_root, *layers, *extra]


def load_handler(handler):
    from importlib import import_module

    from .errors import Fault

    module_name, dot, function_name = handler.rpartition(".")
    if not dot:
        reason = "not enough values to unpack (expected 2, got 1)"
        raise Fault("MalformedHandlerName", "Bad handler '%s': %s" % (handler, reason))
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault("BuiltInModuleConflict", "Cannot use built-in module %s as a handler module" % module_name)
    try:
        module = import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", "Unable to import module '%s': %s" % (module_name, error))
    except SyntaxError as error:
        trace = ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)]
        raise Fault("UserCodeSyntaxError", "Syntax error in module '%s': %s" % (module_name, error), trace)
    try:
        return getattr(module, function_name)
    except AttributeError:
        raise Fault("HandlerNotFound", "Handler '%s' missing on module '%s'" % (function_name, module_name))


class Runtime:
    """What a process keeps from its assignment on."""

    def __init__(self, assign):
        from . import encode, logs

        env = os.environ
        runtime = assign.get("runtime") or env.get("AWS_EXECUTION_ENV", "").replace("AWS_Lambda_", "")
        encode.set_ascii(runtime in ("python3.9", "python3.10", "python3.11"))
        log_format = env.get("AWS_LAMBDA_LOG_FORMAT") or assign.get("logFormat") or ""
        level = (env.get("AWS_LAMBDA_LOG_LEVEL") or assign.get("logLevel") or "").upper()
        self.json_logs = log_format.upper() == "JSON"
        logs.set_up(self.json_logs, "DEBUG" if level == "TRACE" else level)
        self.to_json = encode.to_json
        self.current = logs.current
        self.failure_text = logs.failure_text
        # Where answers go.
        self.send = channel.write_frame

    def report(self, frame_type, error):
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, LineStream):
                stream.end_line()
        explain_missing_sdk(error["errorMessage"])
        log(4, self.failure_text(self.json_logs, error, self.to_json))
        text = self.to_json(error)
        if len(text) > ERROR_CHARACTERS_MAX:
            text = self.to_json({**error, "errorMessage": error["errorMessage"][:65536], "stackTrace": []})
        self.send(frame_type, text.encode("utf-8", "backslashreplace"))

    def load(self, handler):
        """The handler, or the process's end."""
        from .errors import Fault, from_exception, from_fault

        try:
            return load_handler(handler)
        except Fault as fault:
            error = from_fault(fault)
        except Exception:
            error = from_exception()
        self.report(channel.INIT_ERROR, error)
        sys.exit(1)

    def invoke(self, handler, body):
        import json

        json_bytes = int.from_bytes(body[:4], "big")
        self.run(handler, json.loads(body[4 : 4 + json_bytes]), body[4 + json_bytes :])

    def run(self, handler, invocation, payload):
        self.current["request_id"] = invocation["id"]
        self.current["tenant_id"] = invocation.get("tenantId")
        if invocation.get("traceId"):
            os.environ["_X_AMZN_TRACE_ID"] = invocation["traceId"]
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        error = None
        try:
            result = self.call(handler, invocation, payload)
        except Exception as caught:
            from .errors import Fault, from_exception, from_fault

            is_fault = isinstance(caught, Fault)
            error = from_fault(caught, invocation["id"]) if is_fault else from_exception(invocation["id"])
        if error is not None:
            return self.report(channel.ERROR, error)
        end_lines()
        self.send(channel.RESPONSE, result)

    def call(self, handler, invocation, payload):
        import json

        from .context import LambdaContext

        context = LambdaContext(invocation)
        try:
            event = json.loads(payload)
        except Exception as error:
            raise fault("UnmarshalError", "Unable to unmarshal input: %s" % error)
        result = handler(event, context)
        if isinstance(result, bytes):
            return result
        try:
            return self.to_json(result).encode("utf-8")
        except Exception as error:
            raise fault("MarshalError", "Unable to marshal response: %s" % error)


def fault(kind, message):
    from .errors import Fault

    return Fault(kind, message)


def end_lines():
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, LineStream):
            stream.end_line()


def explain_missing_sdk(message):
    """AWS's runtime carries its SDK; a function that counts on it should learn why it is not found."""
    for name in ("boto3", "botocore"):
        if "No module named '" + name + "'" in message and not explained:
            explained.append(name)
            log(
                3,
                name + " is part of AWS's own Python runtime and not installed here: "
                "evoke runtimes add aws-sdk brings it, or put it into the function's package.\n",
            )


def shut_down():
    import signal

    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        handler(int(signal.SIGTERM), sys._getframe())
    end_lines()
    os._exit(0)


def main():
    os.set_inheritable(channel.CHANNEL_FD, False)
    if os.environ.get("EVOKE_WARM_UP") == "1":  # Started before its function is known: there is time to load what every function needs.
        from . import context, encode, errors, logs
    channel.write_frame(channel.HELLO)
    import json

    frame_type, body = channel.read_frame()
    if frame_type != channel.ASSIGN:
        os._exit(0 if frame_type == channel.SHUTDOWN else 1)
    assign = json.loads(body)
    if "env" in assign:
        use_environment(assign["env"])
    os.chdir(assign["taskRoot"])
    use_module_path(assign["taskRoot"])
    sys.stdout = LineStream(sys.stdout)
    sys.stderr = LineStream(sys.stderr)
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances":
        from .concurrent import run

        return run(assign)
    try:
        runtime = Runtime(assign)
        handler = runtime.load(assign["handler"])
        if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
            from .snapshot import wait_for_restore

            wait_for_restore(runtime)
        end_lines()
        channel.write_frame(channel.READY)
        while True:
            frame_type, body = channel.read_frame()
            if frame_type == channel.SHUTDOWN:
                shut_down()
            if frame_type != channel.INVOKE:
                os._exit(1)
            runtime.invoke(handler, body)
    finally:
        end_lines()
