# The context object of a handler.
# https://docs.aws.amazon.com/lambda/latest/dg/python-context.html

import os
import time

from .errors import Fault

_W3C_FIELDS = ("traceparent", "tracestate", "baggage")


def _shown(value, names):
    fields = ",".join(name + "=" + str(getattr(value, name, None)) for name in names)
    return type(value).__name__ + "([" + fields + "])"


class _Record:
    __slots__ = ()

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))

    def __repr__(self):
        return _shown(self, self.__slots__)


class CognitoIdentity(_Record):
    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")


class Client(_Record):
    __slots__ = ("installation_id", "app_title", "app_version_name", "app_version_code", "app_package_name")


class ClientContext(_Record):
    __slots__ = ("custom", "env", "client")


_SHOWN = (
    "aws_request_id",
    "log_group_name",
    "log_stream_name",
    "function_name",
    "memory_limit_in_mb",
    "function_version",
    "invoked_function_arn",
    "client_context",
    "identity",
    "tenant_id",
)


def _parsed(value, name):
    if value is None or isinstance(value, dict):
        return value
    try:
        import json

        return json.loads(value)
    except Exception as error:
        raise Fault("LambdaContextUnmarshalError", "Unable to parse " + name + " JSON: " + str(error))


def _client_context(fields):
    if fields is None:
        return None
    made = ClientContext(fields)
    if made.client is not None:
        made.client = Client(made.client)
    return made


class LambdaContext:
    def __init__(self, invocation):
        env = os.environ
        self.aws_request_id = invocation["id"]
        self.log_group_name = env.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = env.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = env.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = env.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = env.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = invocation.get("arn")
        self.tenant_id = invocation.get("tenantId")
        fields = _parsed(invocation.get("clientContext"), "Client Context")
        trace = fields.pop("w3c", None) if isinstance(fields, dict) else None
        self._w3c = {
            name: trace[name] for name in _W3C_FIELDS if isinstance(trace, dict) and isinstance(trace.get(name), str)
        }
        self.client_context = _client_context(fields)
        identity = _parsed(invocation.get("cognitoIdentity"), "Cognito Identity") or {}
        self.identity = CognitoIdentity(
            {
                "cognito_identity_id": identity.get("cognitoIdentityId"),
                "cognito_identity_pool_id": identity.get("cognitoIdentityPoolId"),
            }
        )
        self._epoch_deadline_time_in_ms = invocation["deadlineMs"]

    def get_remaining_time_in_millis(self):
        return max(0, self._epoch_deadline_time_in_ms - int(time.time() * 1000))

    def w3c(self):
        return dict(self._w3c)

    def log(self, message):
        from .output import RAW, log

        log(RAW, str(message))

    def __repr__(self):
        return _shown(self, _SHOWN)
