// What the caller gets when the platform, not the handler, ends an invocation: AWS's error types and sentences.
// The vocabulary is that of aws-lambda-runtime-interface-emulator, internal/lambda/fatalerror.
import { LAMBDA } from "../kernel/limits.ts";
import type { Exit } from "./sandbox/sandbox.ts";

export interface Failure {
  /** The caller's payload, byte for byte. */
  payload: Uint8Array;
  /** For REPORT lines and platform events: (Runtime|Function|Sandbox).Xxx, or whatever the runtime said, filtered. */
  errorType: string;
  status: "error" | "timeout" | "failure";
  /** A line of its own in the log. */
  logLine?: string;
}

const encoder = new TextEncoder();
const payloadOf = (errorType: string, errorMessage: string): Uint8Array => encoder.encode(JSON.stringify({ errorType, errorMessage }));

export function timedOut(requestId: string, timeoutSeconds: number, nowMs: number): Failure {
  const sentence = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
  return {
    payload: payloadOf("Sandbox.Timedout", `RequestId: ${requestId} Error: ${sentence}`),
    errorType: "Sandbox.Timedout", status: "timeout",
    logLine: `${new Date(nowMs).toISOString()} ${requestId} ${sentence}`,
  };
}

/** Signal names as Go's os package prints them, because AWS's runtime supervisor is written in Go. */
const SIGNAL_NAMES: Record<string, string> = {
  SIGKILL: "killed", SIGTERM: "terminated", SIGSEGV: "segmentation fault", SIGABRT: "aborted", SIGBUS: "bus error",
  SIGFPE: "floating point exception", SIGILL: "illegal instruction", SIGHUP: "hangup", SIGINT: "interrupt", SIGPIPE: "broken pipe",
  SIGQUIT: "quit", SIGTRAP: "trace/breakpoint trap", SIGUSR1: "user defined signal 1", SIGUSR2: "user defined signal 2", SIGALRM: "alarm clock", SIGSYS: "bad system call",
};

export function exitSentence(exit: Exit): string {
  if (exit.signal) return `Runtime exited with error: signal: ${SIGNAL_NAMES[exit.signal] ?? exit.signal}`;
  if (exit.code) return `Runtime exited with error: exit status ${exit.code}`;
  return "Runtime exited without providing a reason";
}

export function exited(requestId: string, exit: Exit): Failure {
  // A sandbox's first process may report its child's SIGKILL as status 137; out of memory is always told as the signal.
  const sentence = exitSentence(exit.outOfMemory ? { code: null, signal: "SIGKILL", outOfMemory: true } : exit);
  const message = `RequestId: ${requestId} Error: ${sentence}`;
  return {
    payload: payloadOf("Runtime.ExitError", message),
    errorType: exit.outOfMemory ? "Runtime.OutOfMemory" : "Runtime.ExitError", status: "error",
    logLine: `${message}\nRuntime.ExitError`,
  };
}

export function invalidEntrypoint(requestId: string, reason = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"): Failure {
  const message = `RequestId: ${requestId} Error: ${reason}`;
  return { payload: payloadOf("Runtime.InvalidEntrypoint", message), errorType: "Runtime.InvalidEntrypoint", status: "error", logLine: `${message}\nRuntime.InvalidEntrypoint` };
}

/** Of a container image. The type is that of AWS's emulator. */
export function invalidWorkingDirectory(requestId: string, reason: string): Failure {
  const message = `RequestId: ${requestId} Error: ${reason}`;
  return { payload: payloadOf("Runtime.InvalidWorkingDir", message), errorType: "Runtime.InvalidWorkingDir", status: "error", logLine: `${message}\nRuntime.InvalidWorkingDir` };
}

/** Of an extension that has ended, or has said that it cannot go on. */
export function extensionFailed(requestId: string, errorType: string, reason: string): Failure {
  const message = `RequestId: ${requestId} Error: ${reason}`;
  return { payload: payloadOf(errorType, message), errorType, status: "error", logLine: `${message}\n${errorType}` };
}

export function responseTooLarge(): Failure {
  return {
    payload: payloadOf("Function.ResponseSizeTooLarge", `Response payload size exceeded maximum allowed payload size (${LAMBDA.responseBytesMax} bytes).`),
    errorType: "Function.ResponseSizeTooLarge", status: "error",
  };
}

/** The runtime broke the protocol (garbage frames, a cut-off body). Not AWS's words: AWS has no frames. */
export function brokenProtocol(requestId: string, reason: string): Failure {
  const message = `RequestId: ${requestId} Error: ${reason}`;
  return { payload: payloadOf("Runtime.TruncatedResponse", message), errorType: "Runtime.TruncatedResponse", status: "error", logLine: message };
}

/** An error the runtime itself reported; the payload passes untouched. */
export const reported = (payload: Uint8Array, errorType: string): Failure => ({ payload, errorType: filteredType(errorType, "Function"), status: "error" });

/** Only well-formed types reach logs and metrics; the payload keeps what the runtime said. */
export function filteredType(errorType: string, prefix: "Runtime" | "Function"): string {
  return /^(Runtime|Function)\.[A-Z][a-zA-Z]+$/.test(errorType) ? errorType : `${prefix}.Unknown`;
}

/** `errorType` of a JSON error object; empty when it is none. */
export function typeOfError(payload: Uint8Array): string {
  try {
    const type: unknown = JSON.parse(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString()).errorType;
    return typeof type === "string" ? type : "";
  } catch {
    return "";
  }
}
