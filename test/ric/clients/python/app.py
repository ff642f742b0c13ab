# A function on AWS's Python client: echoes, fails when asked to.
def handler(event, context):
    if "fail" in event:
        raise ValueError(event["fail"])
    return {"echo": event.get("echo"), "requestId": context.aws_request_id, "arn": context.invoked_function_arn}
