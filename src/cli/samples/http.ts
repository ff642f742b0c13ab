// Requests with payload format 2.0: function URLs and HTTP APIs; load balancers and VPC Lattice.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html · https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
import { type Facts, logTime, type Samples, traceRoot } from "./facts.ts";

interface Gateway {
  accountId: string;
  apiId: string;
  domainName: string;
  requestId: string;
  routeKey: string;
  stage: string;
}

function request(facts: Facts, { accountId, apiId, domainName, requestId, routeKey, stage }: Gateway) {
  const { now } = facts;
  return {
    version: "2.0", routeKey, rawPath: "/my/path", rawQueryString: "parameter1=value1&parameter1=value2&parameter2=value",
    cookies: ["cookie1=value1", "cookie2=value2"],
    headers: {
      accept: "*/*", "content-type": "application/json", host: domainName, "user-agent": "curl/8.7.1", "x-amzn-trace-id": traceRoot(facts),
      "x-forwarded-for": "203.0.113.1", "x-forwarded-port": "443", "x-forwarded-proto": "https",
    },
    queryStringParameters: { parameter1: "value1,value2", parameter2: "value" },
    requestContext: {
      accountId, apiId, domainName, domainPrefix: domainName.split(".")[0]!,
      http: { method: "POST", path: "/my/path", protocol: "HTTP/1.1", sourceIp: "203.0.113.1", userAgent: "curl/8.7.1" },
      requestId, routeKey, stage, time: logTime(now), timeEpoch: now.getTime(),
    },
    body: '{"message":"Hello from client!"}',
    isBase64Encoded: false,
  };
}

const iam = ({ account, principal }: Facts) => {
  const userId = principal("AIDA");
  return { iam: { accessKey: principal("AKIA"), accountId: account, callerId: userId, cognitoIdentity: null, principalOrgId: "", userArn: `arn:aws:iam::${account}:user/Alice`, userId } };
};

function url(facts: Facts, accountId: string) {
  const apiId = facts.word(32);
  return request(facts, { accountId, apiId, domainName: `${apiId}.lambda-url.${facts.region}.on.aws`, requestId: facts.uuid(), routeKey: "$default", stage: "$default" });
}

const signed = <Request extends { requestContext: object }, Authorizer>(event: Request, authorizer: Authorizer) => ({ ...event, requestContext: { ...event.requestContext, authorizer } as Request["requestContext"] & { authorizer: Authorizer } });

export const FUNCTION_URL = {
  NONE: (facts: Facts) => url(facts, "anonymous"),
  AWS_IAM: (facts: Facts) => signed(url(facts, facts.account), iam(facts)),
} satisfies Samples;

function api(facts: Facts) {
  const apiId = facts.word(10);
  const event = request(facts, { accountId: facts.account, apiId, domainName: `${apiId}.execute-api.${facts.region}.amazonaws.com`, requestId: `${facts.opaque(11).slice(0, 15)}=`, routeKey: "POST /my/{proxy}", stage: "$default" });
  return { ...event, pathParameters: { proxy: "path" }, stageVariables: { stageVariable1: "value1" } };
}

export const HTTP_API = {
  request: api,
  jwt: (facts: Facts) => signed(api(facts), { jwt: { claims: { sub: facts.uuid(), scope: "scope1 scope2" }, scopes: ["scope1", "scope2"] } }),
  iam: (facts: Facts) => signed(api(facts), iam(facts)),
  lambda: (facts: Facts) => signed(api(facts), { lambda: { key: "value" } }),
  /** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html */
  authorizer: (facts: Facts) => {
    const { version, routeKey, rawPath, rawQueryString, cookies, headers, queryStringParameters, requestContext, pathParameters, stageVariables } = api(facts);
    const routeArn = `arn:aws:execute-api:${facts.region}:${facts.account}:${requestContext.apiId}/$default/POST/my/path`;
    return { version, type: "REQUEST" as const, routeArn, identitySource: ["user1", "123"], routeKey, rawPath, rawQueryString, cookies, headers: { ...headers, authorization: "user1" }, queryStringParameters, requestContext, pathParameters, stageVariables };
  },
} satisfies Samples;

const LB_HEADERS = (facts: Facts) => ({
  accept: "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,image/apng,*/*;q=0.8", "accept-encoding": "gzip", "accept-language": "en-US,en;q=0.9", connection: "keep-alive",
  host: `my-load-balancer-1234567890.${facts.region}.elb.amazonaws.com`, "upgrade-insecure-requests": "1", "user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/71.0.3578.98 Safari/537.36",
  "x-amzn-trace-id": traceRoot(facts), "x-forwarded-for": "203.0.113.1", "x-forwarded-port": "80", "x-forwarded-proto": "http", "x-imforwards": "20",
});

function balanced<Rest extends object>({ region, account, hex }: Facts, rest: Rest) {
  return { requestContext: { elb: { targetGroupArn: `arn:aws:elasticloadbalancing:${region}:${account}:targetgroup/my-target-group/${hex(16)}` } }, httpMethod: "GET", path: "/lambda", ...rest, body: "", isBase64Encoded: false };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html */
export const ALB = {
  request: (facts: Facts) => balanced(facts, { queryStringParameters: { query: "1234ABCD" }, headers: LB_HEADERS(facts) }),
  "multi-value": (facts: Facts) => balanced(facts, {
    multiValueQueryStringParameters: { query: ["1234ABCD", "5678EFGH"] }, multiValueHeaders: Object.fromEntries(Object.entries(LB_HEADERS(facts)).map(([name, value]) => [name, [value]])),
  }),
  "health-check": (facts: Facts) => balanced(facts, { path: "/", queryStringParameters: {}, headers: { "user-agent": "ELB-HealthChecker/2.0" } }),
} satisfies Samples;

/** https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html */
export const VPC_LATTICE = {
  "2.0": ({ region, account, hex, now }: Facts) => ({
    version: "2.0", path: "/my/path?parameter1=value1", method: "POST",
    headers: { accept: ["*/*"], "content-type": ["application/json"], host: [`my-service-${hex(17)}.7d67968.vpc-lattice-svcs.${region}.on.aws`], "user-agent": ["curl/8.7.1"], "x-forwarded-for": ["10.0.0.1"] },
    queryStringParameters: { parameter1: ["value1"] }, body: '{"message":"Hello from client!"}', isBase64Encoded: false,
    requestContext: {
      serviceNetworkArn: `arn:aws:vpc-lattice:${region}:${account}:servicenetwork/sn-${hex(17)}`, serviceArn: `arn:aws:vpc-lattice:${region}:${account}:service/svc-${hex(17)}`, targetGroupArn: `arn:aws:vpc-lattice:${region}:${account}:targetgroup/tg-${hex(17)}`,
      identity: { sourceVpcArn: `arn:aws:ec2:${region}:${account}:vpc/vpc-${hex(17)}`, type: "AWS_IAM", principal: `arn:aws:iam::${account}:role/my-role`, principalOrgID: "o-50dc6c495c0c9188" },
      region, timeEpoch: String(now.getTime() * 1000),
    },
  }),
  "1.0": ({ region, hex }: Facts) => ({
    raw_path: "/my/path?parameter1=value1", method: "POST",
    headers: { accept: "*/*", "content-type": "application/json", host: `my-service-${hex(17)}.7d67968.vpc-lattice-svcs.${region}.on.aws`, "user-agent": "curl/8.7.1", "x-forwarded-for": "10.0.0.1" },
    query_string_parameters: { parameter1: "value1" }, body: '{"message":"Hello from client!"}', is_base64_encoded: false,
  }),
} satisfies Samples;
