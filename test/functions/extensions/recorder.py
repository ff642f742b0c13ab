# An external extension on the raw Extensions API that prints what it is told, and does what the function's variable EXTENSION says.
import http.client, http.server, json, os, socket, sys, threading, time

DOES = os.environ.get("EXTENSION", "")
EVENTS = json.loads(os.environ.get("EVENTS", '["INVOKE","SHUTDOWN"]'))
NAME = os.path.basename(sys.argv[0])
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
say_lock = threading.Lock()


def say(**what):
    with say_lock:
        sys.stdout.write("EXT " + json.dumps({"name": NAME, **what}) + "\n")
        sys.stdout.flush()


def say_told(events):
    """What it is told of its own telling is left out, or every line would be followed by a longer one."""
    events = [event for event in events if not (event["type"] == "extension" and '"telemetry"' in str(event["record"]))]
    if events:
        say(telemetry=events)


def call(method, path, body=None, headers={}):
    api.request(method, path, body and json.dumps(body), headers)
    answer = api.getresponse()
    text = answer.read().decode()
    return answer.status, dict((key.lower(), value) for key, value in answer.getheaders()), json.loads(text) if text[:1] in ("{", "[", '"') else text


def listen_http(host, port):
    class Sink(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()
            say_told(json.loads(body))

        def log_message(self, *args):
            pass

    threading.Thread(target=http.server.ThreadingHTTPServer((host, port), Sink).serve_forever, daemon=True).start()


def listen_tcp(host, port):
    server = socket.create_server((host, port))

    def serve():
        for line in server.accept()[0].makefile():
            say_told([json.loads(line)])

    threading.Thread(target=serve, daemon=True).start()


if DOES == "crash-init":
    sys.exit(3)
if DOES == "hang-init":
    time.sleep(60)
status, headers, body = call("POST", "/2020-01-01/extension/register", {"events": EVENTS}, {"Lambda-Extension-Name": NAME, "Lambda-Extension-Accept-Feature": "accountId"})
ME = {"Lambda-Extension-Identifier": headers.get("lambda-extension-identifier", "")}
say(registered=status, body=body, env=sorted(os.environ), cwd=os.getcwd(), pid=os.getpid())
if DOES.startswith("init-error"):
    say(answer=call("POST", "/2020-01-01/extension/init/error", {"errorMessage": "m", "errorType": "Extension.NoConfig", "stackTrace": []}, {**ME, "Lambda-Extension-Function-Error-Type": "Extension.NoConfig"}))
    if DOES == "init-error-stays":
        time.sleep(60)
    sys.exit(1)
if DOES == "mistakes":
    other = {"Lambda-Extension-Identifier": "00000000-0000-4000-8000-000000000000"}
    for method, path, given, head in [
        ("POST", "/2020-01-01/extension/register", {"events": []}, {}),
        ("POST", "/2020-01-01/extension/register", {"events": ["INVOKE"]}, {"Lambda-Extension-Name": NAME}),
        ("POST", "/2020-01-01/extension/register", {"events": ["SHUTDOWN"]}, {"Lambda-Extension-Name": "internal"}),
        ("POST", "/2020-01-01/extension/register", {"events": ["NAP"]}, {"Lambda-Extension-Name": NAME}),
        ("POST", "/2020-01-01/extension/register", {"configurationKeys": ["A"]}, {"Lambda-Extension-Name": NAME}),
        ("GET", "/2020-01-01/extension/event/next", None, {}),
        ("GET", "/2020-01-01/extension/event/next", None, {"Lambda-Extension-Identifier": "me"}),
        ("GET", "/2020-01-01/extension/event/next", None, other),
        ("POST", "/2020-01-01/extension/init/error", {}, ME),
        ("PUT", "/2022-07-01/telemetry", {"schemaVersion": "2022-12-13", "types": [], "destination": {"protocol": "HTTP", "URI": "http://sandbox.localdomain"}}, ME),
        ("PUT", "/2022-07-01/telemetry", {"types": ["platform"], "destination": {"protocol": "HTTP", "URI": "http://example.com:80"}}, ME),
        ("PUT", "/2022-07-01/telemetry", {"types": ["platform"], "destination": {"protocol": "TCP", "port": 9001}, "buffering": {"maxItems": 1}}, ME),
        ("DELETE", "/2020-01-01/extension/register", None, ME),
        ("GET", "/2020-01-01/extension/nothing", None, ME),
    ]:
        status, _, answer = call(method, path, given, head)
        say(mistake=[status, answer])
SUBSCRIBE = json.loads(os.environ.get("SUBSCRIBE", "null"))
if SUBSCRIBE:
    version, host, port = SUBSCRIBE.pop("api"), SUBSCRIBE.pop("listen"), SUBSCRIBE.pop("port")
    if SUBSCRIBE["destination"]["protocol"] == "TCP":
        listen_tcp(host, port)
    elif host:
        threading.Timer(float(SUBSCRIBE.pop("late", 0)), listen_http, (host, port)).start()
    say(subscribed=call("PUT", version, SUBSCRIBE, ME)[::2])
while True:
    status, headers, event = call("GET", "/2020-01-01/extension/event/next", None, ME)
    say(event=event, identifier="lambda-extension-event-identifier" in headers)
    if event["eventType"] == "SHUTDOWN":
        if DOES == "hang-shutdown":
            time.sleep(60)
        time.sleep(0.1)
        say(stopping=True)
        sys.exit(0)
    if DOES == "crash-invoke":
        os.abort()
    if DOES == "exit-error":
        call("POST", "/2020-01-01/extension/exit/error", {}, {**ME, "Lambda-Extension-Function-Error-Type": "Extension.Gone"})
        sys.exit(2)
    if DOES == "hang-invoke":
        time.sleep(60)
    if DOES.startswith("slow"):
        time.sleep(float(DOES.split()[1]))
        say(slept=True)
