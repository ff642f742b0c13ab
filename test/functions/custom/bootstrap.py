# A custom runtime on the raw Runtime API that does what its event says, right or wrong. INIT tells it how to start.
import base64, json, os, signal, socket, subprocess, sys, time, threading

HOST, PORT = os.environ["AWS_LAMBDA_RUNTIME_API"].split(":")
BASE = "/2018-06-01/runtime"


class Connection:
    def __init__(self):
        self.socket = socket.create_connection((HOST, int(PORT)))
        self.file = self.socket.makefile("rb")

    def send(self, method, path, body=b"", headers=()):
        head = [f"{method} {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *headers]
        self.socket.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + body)

    def receive(self):
        status = int(self.file.readline().split()[1])
        headers = {}
        for line in iter(self.file.readline, b"\r\n"):
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        return status, headers, self.file.read(int(headers.get("content-length", 0)))

    def call(self, *args, **more):
        self.send(*args, **more)
        return self.receive()


api = Connection()
init = os.environ.get("INIT", "")
if init == "error":
    api.call("POST", f"{BASE}/init/error", b'{"errorType":"Function.NoLuck","errorMessage":"init failed"}', headers=["Lambda-Runtime-Function-Error-Type: Function.NoLuck"])
    sys.exit(1)
if init == "exit":
    print("about to exit", flush=True)
    sys.exit(7)
if init == "hang":
    time.sleep(60)


def path(request_id, what):
    return f"{BASE}/invocation/{request_id}/{what}"


while True:
    status, headers, body = api.call("GET", f"{BASE}/invocation/next")
    request_id = headers["lambda-runtime-aws-request-id"]
    event = json.loads(body)
    does = event.get("do") if isinstance(event, dict) else None

    def answer(value):
        return api.call("POST", path(request_id, "response"), json.dumps(value).encode())

    if does == "echo" or does is None:
        answer(event)
    elif does == "facts":
        answer({"env": dict(os.environ), "headers": headers, "cwd": os.getcwd(), "pid": os.getpid(), "tmp": os.listdir("/tmp")})
    elif does == "print":
        print(event["text"], flush=True)
        print("to stderr", file=sys.stderr, flush=True)
        answer("printed")
    elif does == "sleep":
        time.sleep(event["seconds"])
        answer({"pid": os.getpid()})
    elif does == "exit":
        sys.exit(event["code"])
    elif does == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif does == "hang":
        if event.get("ignore"):
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if event.get("children"):
            subprocess.Popen(["/bin/sh", "-c", "trap '' TERM; sleep 300"], start_new_session=True)
        while True:
            time.sleep(1)
    elif does == "flood":
        line = b"x" * 1023 + b"\n"
        for _ in range(event["megabytes"] * 1024):
            os.write(1, line)
        answer("flooded")
    elif does == "long-line":
        os.write(1, b"y" * event["bytes"] + b"\n")
        answer("written")
    elif does == "fill-tmp":
        written = 0
        try:
            with open("/tmp/large", "wb", buffering=0) as file:
                while written < 2 << 30:
                    written += file.write(b"z" * (1 << 20))
        except OSError as error:
            os.remove("/tmp/large")
            answer({"error": error.strerror, "megabytes": written >> 20})
        else:
            answer({"megabytes": written >> 20})
    elif does == "keep":
        with open("/tmp/kept", "w") as file:
            file.write("still here")
        os._exit(1)
    elif does == "large":
        status, _, text = api.call("POST", path(request_id, "response"), b'"' + b"a" * event["bytes"] + b'"')
        print(f"refused with {status}: {text.decode()}", flush=True)
    elif does == "error":
        api.call("POST", path(request_id, "error"), json.dumps(event["body"]).encode(), headers=[f"Lambda-Runtime-Function-Error-Type: {event.get('type', 'Function.Bad')}"])
        time.sleep(event.get("lingers", 0))
    elif does == "twice":
        answer("first")
        status, _, text = answer("second")
        print(f"second answer: {status} {text.decode()}", flush=True)
    elif does == "wrong-id":
        status, _, text = api.call("POST", path("00000000-0000-0000-0000-000000000000", "response"), b"1")
        answer({"status": status, "body": json.loads(text)})
    elif does == "next-before-answer":
        status, _, text = api.call("GET", f"{BASE}/invocation/next")
        answer({"status": status, "body": json.loads(text)})
    elif does == "stream":
        api.socket.sendall(f"POST {path(request_id, 'response')} HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nLambda-Runtime-Function-Response-Mode: streaming\r\nTrailer: Lambda-Runtime-Function-Error-Type\r\n\r\n".encode())
        for part in event["parts"]:
            data = part.encode() * event.get("times", 1)
            api.socket.sendall(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            time.sleep(event.get("pause", 0))
        api.socket.sendall(b"0\r\n")
        if event.get("fail"):
            error = base64.b64encode(json.dumps({"errorType": "Late", "errorMessage": "too late"}).encode()).decode()
            api.socket.sendall(f"Lambda-Runtime-Function-Error-Type: Function.Late\r\nLambda-Runtime-Function-Error-Body: {error}\r\n".encode())
        api.socket.sendall(b"\r\n")
        api.receive()
    elif does == "background":
        threading.Thread(target=lambda: subprocess.run(["sleep", "1"])).start()
        answer("started")
    elif does == "garbage":
        api.socket.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
        try:
            closed = api.file.read()
        except OSError:
            closed = b"reset"
        api = Connection()
        answer({"answer": closed.decode("latin1")[:40]})
    elif does == "memory":
        hog = []
        while True:
            hog.append(bytearray(os.urandom(1 << 20)))
