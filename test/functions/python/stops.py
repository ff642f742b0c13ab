import signal


def stop(number, frame):
    print("bye", number)


signal.signal(signal.SIGTERM, stop)


def handler(event, context):
    return "ok"
