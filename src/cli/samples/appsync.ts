// AppSync: resolvers and authorizers. https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html · security-authz.html
import { type Facts, type Samples, traceRoot } from "./facts.ts";

function resolved<Identity>(facts: Facts, identity: Identity) {
  return {
    arguments: { id: "1" }, identity, source: null,
    request: { headers: { "content-type": "application/json", host: `${facts.word(26)}.appsync-api.${facts.region}.amazonaws.com`, "user-agent": "curl/8.7.1", "x-amzn-trace-id": traceRoot(facts), "x-forwarded-for": "203.0.113.1", "x-forwarded-port": "443", "x-forwarded-proto": "https" }, domainName: null },
    prev: null,
    info: { selectionSetList: ["id", "title"], selectionSetGraphQL: "{\n  id\n  title\n}", fieldName: "getPost", parentTypeName: "Query", variables: {} },
    stash: {},
  };
}

export const APPSYNC = {
  resolver: (facts: Facts) => resolved(facts, null),
  cognito: (facts: Facts) => {
    const sub = facts.uuid();
    const issuer = `https://cognito-idp.${facts.region}.amazonaws.com/${facts.region}_${facts.word(9)}`;
    return resolved(facts, { sub, issuer, username: "alice", claims: { sub, iss: issuer, "cognito:username": "alice", token_use: "access" }, sourceIp: ["203.0.113.1"], defaultAuthStrategy: "ALLOW", groups: null });
  },
  iam: (facts: Facts) => resolved(facts, {
    accountId: facts.account, cognitoIdentityPoolId: `${facts.region}:${facts.uuid()}`, cognitoIdentityId: `${facts.region}:${facts.uuid()}`, sourceIp: ["203.0.113.1"], username: facts.principal("AROA"), userArn: `arn:aws:sts::${facts.account}:assumed-role/my-role/alice`,
    cognitoIdentityAuthType: "authenticated", cognitoIdentityAuthProvider: "my-provider",
  }),
  batch: (facts: Facts) => ["1", "2"].map((id) => ({ ...resolved(facts, null), arguments: {}, source: { id } })),
  authorizer: ({ account, word, uuid }: Facts) => ({
    authorizationToken: "my-token",
    requestContext: { apiId: word(26), accountId: account, requestId: uuid(), queryString: "query MyQuery {\n  getPost(id: 1) {\n    title\n  }\n}\n", operationName: "MyQuery", variables: {} }, requestHeaders: { "content-type": "application/json" },
  }),
} satisfies Samples;
