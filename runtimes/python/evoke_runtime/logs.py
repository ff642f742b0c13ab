# The root logger of a managed Python function: a line, or a JSON object, for each record.
# https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html

import sys
import time

from .output import log

_DATE = "%Y-%m-%dT%H:%M:%SZ"
_RESERVED = frozenset(
    "name msg args levelname levelno pathname filename module exc_info exc_text stack_info lineno funcName created "
    "msecs relativeCreated thread threadName processName process aws_request_id tenant_id".split()
)

current = {"request_id": None, "tenant_id": None}


class ConfigureOnImport:
    """Sets logging up when the function imports it: a cold start without logging does not pay for it."""

    def __init__(self, json_format, level):
        self.json_format = json_format
        self.level = level

    def find_spec(self, name, path=None, target=None):
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        for finder in sys.meta_path:
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                spec.loader = _Configuring(spec.loader, self)
                return spec
        return None


class _Configuring:
    def __init__(self, loader, settings):
        self.loader = loader
        self.settings = settings

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        module.__spec__.loader = module.__loader__ = self.loader
        self.loader.exec_module(module)
        _configure(module, self.settings.json_format, self.settings.level)


def set_up(json_format, level):
    if "logging" in sys.modules:
        _configure(sys.modules["logging"], json_format, level)
    else:
        sys.meta_path.insert(0, ConfigureOnImport(json_format, level))


def _level_number(record):
    return min(50, max(0, record.levelno)) // 10 * 10


def _configure(logging, json_format, level):
    class LambdaLoggerHandler(logging.Handler):
        def emit(self, record):
            try:
                text = self.format(record)
            except Exception:
                return self.handleError(record)
            log(_level_number(record) // 10, text)

    class LambdaLoggerFilter(logging.Filter):
        def filter(self, record):
            record.aws_request_id = current["request_id"] or ""
            record.tenant_id = current["tenant_id"]
            return True

    class JsonFormatter(logging.Formatter):
        def format(self, record):
            return _json_line(logging, self, record)

    logging.Formatter.converter = time.gmtime
    handler = LambdaLoggerHandler()
    if json_format:
        handler.setFormatter(JsonFormatter(datefmt=_DATE))
    else:
        handler.setFormatter(
            logging.Formatter(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n", "%Y-%m-%dT%H:%M:%S"
            )
        )
    root = logging.getLogger()
    if level in logging._nameToLevel:
        root.setLevel(level)
    handler.addFilter(LambdaLoggerFilter())
    root.addHandler(handler)


def _json_line(logging, formatter, record):
    import json

    record.levelno = _level_number(record)
    record.levelname = logging.getLevelName(record.levelno)
    is_object = isinstance(record.msg, dict) and not record.args
    line = {
        "timestamp": formatter.formatTime(record, formatter.datefmt),
        "level": record.levelname,
        "message": record.msg if is_object else record.getMessage(),
        "logger": record.name,
        "requestId": record.aws_request_id,
        "tenantId": record.tenant_id,
    }
    if record.exc_info:
        import traceback

        line["stackTrace"] = traceback.format_tb(record.exc_info[2])
        line["errorType"] = record.exc_info[0].__name__ if record.exc_info[0] else None
        line["errorMessage"] = str(record.exc_info[1])
        line["location"] = f"{record.pathname}:{record.funcName}:{record.lineno}"
    for name, value in record.__dict__.items():
        if name not in _RESERVED and name not in line:
            line[name] = value
    shown = {name: value for name, value in line.items() if value is not None}
    return json.dumps(shown, ensure_ascii=False, default=str) + "\n"


def failure_text(json_format, error, to_json):
    """The runtime's own report of a failure."""
    from .errors import error_lines

    if not json_format:
        return error_lines(error)
    return to_json({"timestamp": time.strftime(_DATE, time.gmtime()), "level": "ERROR", **error})
