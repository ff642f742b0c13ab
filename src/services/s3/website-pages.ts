// The pages a website answers with when something is wrong, in AWS's HTML. No I/O.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/CustomErrorDocSupport.html; form and sentences: recorded on AWS by LocalStack (test_s3.snapshot.json, TestS3StaticWebsiteHosting).
import type { ServiceError } from "../../kernel/errors.ts";
import type { WebAnswer } from "../../ports/bucket-web.ts";

const PHRASES: Record<number, string> = {
  400: "Bad Request", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed", 412: "Precondition Failed", 416: "Requested Range Not Satisfiable", 500: "Internal Server Error", 501: "Not Implemented",
};

/** `inDocument`: why the error document could not be shown. */
export function errorPage(error: ServiceError, requestId: string, inDocument?: ServiceError): WebAnswer {
  const { code, message, status, members } = error;
  const title = `${status} ${PHRASES[status] ?? code}`;
  const lines = [...detailsOf(error), ["RequestId", requestId], ["HostId", requestId]] as [string, string][];
  const nested = inDocument ? `<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n${list(detailsOf(inDocument))}` : "";
  const body = `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n${list(lines)}${nested}<hr/>\n</body>\n</html>\n`;
  const [detail] = Object.entries(members);
  return {
    status, body,
    headers: {
      "content-type": "text/html; charset=utf-8",
      // As seen on website endpoints, in public reports.
      "x-amz-error-code": code, "x-amz-error-message": inHeader(message), ...(detail && { [`x-amz-error-detail-${detail[0].toLowerCase()}`]: inHeader(String(detail[1])) }),
    },
  };
}

const detailsOf = ({ code, message, members }: ServiceError): [string, string][] => [["Code", code], ["Message", message], ...Object.entries(members).map(([name, value]): [string, string] => [name, String(value)])];

const list = (lines: [string, string][]): string => `<ul>\n${lines.map(([name, value]) => `<li>${name}: ${escapeHtml(value)}</li>\n`).join("")}</ul>\n`;

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character]!);

const inHeader = (text: string): string => text.replace(/[^\x20-\x7e]/g, "?").slice(0, 1024);
