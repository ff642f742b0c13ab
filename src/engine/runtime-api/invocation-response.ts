// POST /2018-06-01/runtime/invocation/{id}/response: the handler's answer, whole or as a stream with trailers.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-response
import { LAMBDA } from "../../kernel/limits.ts";
import { typeOfError } from "../failures.ts";
import { type Exchange, type Route, type Session, accept, invalidRequestId, invalidTransition, refusal, refuse } from "./session.ts";

export function invocationResponse(session: Session, exchange: Exchange, requestId: string): Route {
  if (requestId !== session.requestId) return refusal(() => invalidRequestId(exchange));
  if (session.state !== "running") return refusal(() => invalidTransition(exchange, session, "InvocationResponse"));
  const mode = exchange.head.headers["lambda-runtime-function-response-mode"];
  if (mode === "streaming") return streamed(session, exchange, requestId);
  if (mode !== undefined && mode !== "" && mode !== "buffered") {
    return refusal(() => refuse(exchange, 400, "InvalidFunctionResponseMode", "Invalid function response mode"));
  }
  return {
    end(body) {
      if (session.state !== "running" || session.requestId !== requestId) return invalidTransition(exchange, session, "InvocationResponse");
      session.state = "answered";
      accept(exchange);
      session.listener.response(requestId, body);
    },
    tooLarge() {
      if (session.state === "running") session.state = "answered";
      refuse(exchange, 413, "RequestEntityTooLarge", `Exceeded maximum allowed payload size (${LAMBDA.responseBytesMax} bytes).`);
      session.listener.tooLarge(requestId);
    },
  };
}

function streamed(session: Session, exchange: Exchange, requestId: string): Route {
  session.state = "answering";
  const contentType = exchange.head.headers["content-type"] ?? "application/octet-stream";
  session.listener.streamStart(requestId, /^[\x20-\x7e]{1,256}$/.test(contentType) ? contentType : "application/octet-stream");
  return {
    body(chunk) { if (!session.listener.streamChunk(chunk)) exchange.socket.pause(); },
    end(_body, trailers) {
      session.state = "answered";
      accept(exchange);
      const errorType = trailers["lambda-runtime-function-error-type"];
      const payload = Buffer.from(trailers["lambda-runtime-function-error-body"] ?? "", "base64");
      session.listener.streamEnd(errorType === undefined && !payload.byteLength ? undefined : { errorType: errorType ?? typeOfError(payload), payload });
    },
    cut() {
      session.state = "answered";
      session.listener.streamEnd({ errorType: "Runtime.TruncatedResponse", payload: Buffer.from('{"errorType":"Runtime.TruncatedResponse","errorMessage":"The runtime closed the connection before the end of its response."}') });
    },
  };
}
