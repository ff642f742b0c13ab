// API Gateway's REST and WebSocket APIs, and their authorizers.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html · apigateway-use-lambda-authorizer.html · apigateway-websocket-api-mapping-template-reference.html
import { base64, type Facts, logTime, type Samples, traceRoot } from "./facts.ts";

const NOBODY = {
  accessKey: null, accountId: null, apiKey: null, apiKeyId: null, caller: null, clientCert: null, cognitoAuthenticationProvider: null, cognitoAuthenticationType: null, cognitoIdentityId: null, cognitoIdentityPoolId: null,
  principalOrgId: null, user: null, userArn: null, sourceIp: "203.0.113.1", userAgent: "curl/8.7.1",
};

const domain = (apiId: string, region: string) => `${apiId}.execute-api.${region}.amazonaws.com`;

function context(facts: Facts, apiId: string, httpMethod: string) {
  const { now, region, account, uuid, word, opaque } = facts;
  return {
    accountId: account, apiId, authorizer: undefined, domainName: domain(apiId, region), domainPrefix: apiId, extendedRequestId: `${opaque(11).slice(0, 15)}=`, httpMethod, identity: NOBODY,
    path: "/dev/my/path", protocol: "HTTP/1.1", requestId: uuid(), requestTime: logTime(now), requestTimeEpoch: now.getTime(), resourceId: word(6), resourcePath: "/{proxy+}", stage: "dev",
  };
}

const headersOf = (facts: Facts, apiId: string) => ({
  Accept: "*/*", "Content-Type": "application/json", Host: domain(apiId, facts.region), "User-Agent": "curl/8.7.1", "X-Amzn-Trace-Id": traceRoot(facts), "X-Forwarded-For": "203.0.113.1", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https",
});

const listed = (values: Record<string, string>): Record<string, string[]> => Object.fromEntries(Object.entries(values).map(([name, value]) => [name, [value]]));

function proxied(facts: Facts) {
  const apiId = facts.word(10);
  const headers = headersOf(facts, apiId);
  return {
    resource: "/{proxy+}", path: "/my/path", httpMethod: "POST", headers, multiValueHeaders: listed(headers),
    queryStringParameters: { parameter1: "value2", parameter2: "value" }, multiValueQueryStringParameters: { parameter1: ["value1", "value2"], parameter2: ["value"] },
    pathParameters: { proxy: "my/path" }, stageVariables: null, requestContext: context(facts, apiId, "POST"), body: '{"message":"Hello from client!"}' as string | null, isBase64Encoded: false,
  };
}

const methodArn = ({ region, account }: Facts, apiId: string) => `arn:aws:execute-api:${region}:${account}:${apiId}/dev/GET/my/path`;

export const REST_API = {
  request: proxied,
  binary: (facts: Facts) => ({ ...proxied(facts), body: base64("\u0001\u0002\u0003"), isBase64Encoded: true }),
  get: (facts: Facts) => {
    const event = proxied(facts);
    return { ...event, httpMethod: "GET", requestContext: { ...event.requestContext, httpMethod: "GET" }, queryStringParameters: null, multiValueQueryStringParameters: null, body: null };
  },
  cognito: (facts: Facts) => {
    const event = proxied(facts);
    return { ...event, requestContext: { ...event.requestContext, authorizer: { claims: { sub: facts.uuid(), "cognito:username": "alice", email: "alice@example.com", token_use: "id" } } } };
  },
  "token-authorizer": (facts: Facts) => ({ type: "TOKEN" as const, methodArn: methodArn(facts, facts.word(10)), authorizationToken: "incoming-client-token" }),
  "request-authorizer": (facts: Facts) => {
    const { body: _body, isBase64Encoded: _encoded, ...event } = proxied(facts);
    return { type: "REQUEST" as const, methodArn: methodArn(facts, event.requestContext.apiId), ...event, httpMethod: "GET", pathParameters: { proxy: "my/path" }, stageVariables: { stageVariable1: "value1" } };
  },
} satisfies Samples;

function socket<Type extends "CONNECT" | "MESSAGE" | "DISCONNECT">(facts: Facts, routeKey: string, eventType: Type) {
  const { now, region, word, opaque } = facts;
  const apiId = word(10);
  const requestId = `${opaque(11).slice(0, 15)}=`;
  return {
    routeKey, eventType, extendedRequestId: requestId, requestTime: logTime(now), messageDirection: "IN" as const, stage: "dev", connectedAt: now.getTime() - 1000, requestTimeEpoch: now.getTime(),
    identity: { sourceIp: "203.0.113.1", userAgent: "wscat" }, requestId, domainName: domain(apiId, region), connectionId: `${opaque(10).slice(0, 13)}=`, apiId,
  };
}

function message(facts: Facts, routeKey: string, body: string) {
  return { requestContext: { ...socket(facts, routeKey, "MESSAGE"), messageId: `${facts.opaque(10).slice(0, 15)}=` }, body, isBase64Encoded: false };
}

export const WEBSOCKET = {
  $connect: (facts: Facts) => {
    const requestContext = socket(facts, "$connect", "CONNECT");
    const headers = { Host: requestContext.domainName, "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits", "Sec-WebSocket-Key": facts.opaque(16), "Sec-WebSocket-Version": "13", "X-Amzn-Trace-Id": traceRoot(facts), "X-Forwarded-For": "203.0.113.1", "X-Forwarded-Port": "443", "X-Forwarded-Proto": "https" };
    return { headers, multiValueHeaders: listed(headers), queryStringParameters: { token: "abc" }, multiValueQueryStringParameters: { token: ["abc"] }, requestContext, isBase64Encoded: false };
  },
  $default: (facts: Facts) => message(facts, "$default", "Hello from client!"),
  message: (facts: Facts) => message(facts, "sendmessage", '{"action":"sendmessage","message":"Hello from client!"}'),
  $disconnect: (facts: Facts) => {
    const requestContext = { ...socket(facts, "$disconnect", "DISCONNECT"), disconnectStatusCode: 1005, disconnectReason: "Client-side close frame status not set" };
    const headers = { Host: requestContext.domainName, "x-api-key": "", "X-Forwarded-For": "", "x-restapi": "" };
    return { headers, multiValueHeaders: listed(headers), requestContext, isBase64Encoded: false };
  },
  authorizer: (facts: Facts) => {
    const requestContext = socket(facts, "$connect", "CONNECT");
    const headers = { Host: requestContext.domainName, Auth: "incoming-client-token" };
    return {
      type: "REQUEST" as const, methodArn: `arn:aws:execute-api:${facts.region}:${facts.account}:${requestContext.apiId}/dev/$connect`, headers, multiValueHeaders: listed(headers),
      queryStringParameters: { token: "abc" }, multiValueQueryStringParameters: { token: ["abc"] }, stageVariables: {}, requestContext,
    };
  },
} satisfies Samples;
