# The Runtime API over HTTP, on one connection: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
# http.client would cost every process 15 ms at its start.

import os
import socket


class RuntimeApi:
    def __init__(self):
        host, port = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
        self.address = (host, int(port))
        self.socket = None
        self.held = b""

    def next(self):
        """(the invocation as the frames' invoke has it, its payload). Waits as long as it takes."""
        headers, payload = self._ask("GET", "invocation/next")
        return {
            "id": headers["lambda-runtime-aws-request-id"],
            "deadlineMs": int(headers["lambda-runtime-deadline-ms"]),
            "arn": headers.get("lambda-runtime-invoked-function-arn"),
            "traceId": headers.get("lambda-runtime-trace-id"),
            "clientContext": headers.get("lambda-runtime-client-context"),
            "cognitoIdentity": headers.get("lambda-runtime-cognito-identity"),
            "tenantId": headers.get("lambda-runtime-aws-tenant-id"),
        }, payload

    def leave(self):
        """In a process that is not the one that connected."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def response(self, request_id, body):
        self._ask("POST", "invocation/" + request_id + "/response", body)

    def error(self, request_id, body):
        self._ask("POST", "invocation/" + request_id + "/error", body)

    def init_error(self, body):
        self._ask("POST", "init/error", body)

    def _ask(self, method, route, body=b""):
        """What the other end refuses (an answer that is too large or too late) it has told the caller itself."""
        if self.socket is None:
            self.socket = socket.create_connection(self.address)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = "%s /2018-06-01/runtime/%s HTTP/1.1\r\nHost: runtime\r\nContent-Length: %d\r\n\r\n" % (method, route, len(body))
        self.socket.sendall(head.encode() + body)
        while b"\r\n\r\n" not in self.held:
            self._receive()
        text, self.held = self.held.split(b"\r\n\r\n", 1)
        lines = (line.split(":", 1) for line in text.decode("latin-1").split("\r\n")[1:])
        headers = {name.lower(): value.strip() for name, value in lines}
        length = int(headers["content-length"])
        while len(self.held) < length:
            self._receive()
        payload, self.held = self.held[:length], self.held[length:]
        return headers, payload

    def _receive(self):
        part = self.socket.recv(65536)
        if not part:
            os._exit(0)  # Nobody is left to work for.
        self.held += part
