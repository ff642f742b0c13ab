// Bad policy documents, each with what AWS says of it (recorded by LocalStack, tests/aws/services/iam/test_iam_policies.snapshot.json, 2026-02).
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AWS_MANAGED_POLICIES } from "./aws-managed-policies.ts";
import { checkIdentityPolicy, checkTrustPolicy, encodeDocument } from "./policy-document.ts";

const policy = (statement: unknown, more: object = { Version: "2012-10-17" }) => JSON.stringify({ ...more, Statement: statement });
const GOOD = { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::example_bucket" };
const dated = (text: string) => ({ ...GOOD, Condition: { DateLessThan: { a: text } } });

const CASES: [message: string, documents: string[]][] = [
  ["Syntax errors in policy.", [
    "This is not a json document", "[]", policy(GOOD, { Version: "2013-10-17" }), JSON.stringify({ Version: "2012-10-17" }), policy([]), policy(["afd"]), policy(GOOD, { Version: "2012-10-17", Extra: 1 }),
    policy({ ...GOOD, Extra: 1 }), policy({ ...GOOD, Effect: "invalid" }), policy({ ...GOOD, Effect: undefined }), policy({ ...GOOD, Resource: { a: "x" } }), policy({ ...GOOD, Resource: ["adfdf", {}] }),
    policy({ ...GOOD, NotResource: [] }), policy({ ...GOOD, Action: [[]] }), policy({ ...GOOD, NotAction: [] }), policy({ ...GOOD, Condition: [] }), policy({ ...GOOD, Condition: { a: "b" } }),
    policy({ ...GOOD, Condition: { DateGreaterThan: "b" } }), policy({ ...GOOD, Condition: { DateGreaterThan: { a: {} } } }), policy({ ...GOOD, Condition: { x: { a: "1" } } }),
    policy({ ...GOOD, Condition: { "ForAnyValue::StringEqualsIfExists": { a: "asf" } } }), policy({ ...GOOD, Sid: {} }),
  ]],
  ["Policy document must be version 2012-10-17 or greater.", [policy(GOOD, {}), policy(GOOD, { Version: "2008-10-17" }), policy({ ...GOOD, Effect: "denY" }, {})]],
  ["The policy failed legacy parsing", [
    policy({ ...GOOD, Effect: "denY" }), policy({ ...GOOD, Resource: "arn:aws:s3::example_bucket" }), policy({ ...GOOD, Resource: "arn:aws::::example_bucket" }), policy({ ...GOOD, Resource: "arn:aws::fdsasf" }),
    policy(dated("sdfdsf")), policy(dated("234-13")), policy(dated("9223372036854775808")), policy({ ...dated("sdfdsf"), Resource: "arn:error:s3:::example_bucket" }),
  ]],
  ["Statement IDs (SID) in a single policy must be unique.", [policy([{ ...GOOD, Sid: "sdf" }, { Sid: "sdf", Effect: "Allow" }])]],
  ["Policy statement must contain actions.", [policy({ Effect: "Allow" }), policy({ ...GOOD, Action: [] }), policy([{ Effect: "Deny" }, GOOD])]],
  ["Policy statement must contain resources.", [policy({ Effect: "Allow", Action: "s3:ListBucket" }), policy({ ...GOOD, Resource: [] })]],
  ["Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.", [policy({ ...GOOD, Action: "invalid" }), policy({ Effect: "Allow", Action: "invalid" })]],
  ["Actions/Condition can contain only one colon.", [policy({ ...GOOD, Action: "s3:List:Bucket" })]],
  ["Vendor a a is not valid", [policy({ ...GOOD, Action: "a a:ListBucket" })]],
  ['Resource invalid resource must be in ARN format or "*".', [policy({ ...GOOD, Resource: "invalid resource" })]],
  ['Partition "bsdfdsafsad" is not valid for resource "arn:bsdfdsafsad:*:*:*:*".', [policy({ ...GOOD, Resource: "a:bsdfdsafsad" })]],
  ['Partition "b" is not valid for resource "arn:b:c:d:e:f:g:h".', [policy({ ...GOOD, Resource: "a:b:c:d:e:f:g:h" })]],
  ['Partition "s3" is not valid for resource "arn:s3:::example_bucket:*".', [policy({ ...GOOD, Resource: "aws:s3:::example_bucket" })]],
  ["Resource vendor must be fully qualified and cannot contain regexes.", [policy({ ...GOOD, Resource: "arn:aws" })]],
  ["IAM resource arn:aws:iam:us-east-1::example_bucket cannot contain region information.", [policy({ ...GOOD, Resource: "arn:aws:iam:us-east-1::example_bucket" })]],
  ["Resource arn:aws:s3:us-east-1::example_bucket can not contain region information.", [policy({ ...GOOD, Resource: "arn:aws:s3:us-east-1::example_bucket" })]],
  ['IAM resource path must either be "*", root, or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.',
    [policy({ ...GOOD, Resource: "arn:aws:iam:::example_bucket" })]],
];

describe("policy documents", () => {
  for (const [message, documents] of CASES) {
    it(`are refused with "${message.slice(0, 60)}"`, () => {
      for (const document of documents) assert.throws(() => checkIdentityPolicy(document), { code: "MalformedPolicyDocumentException", message }, document);
    });
  }

  it("pass when they are good", () => {
    for (const statement of [GOOD, [GOOD], { Effect: "Deny", NotAction: "iam:*", NotResource: ["*"] }, { ...GOOD, Resource: ["arn:aws:iam::*:role/x*", "arn:aws-cn:s3:::b/*", "arn:aws:iam::123456789012:root"] },
      dated("2016-12-13T02:00:00Z"), dated("1481594400"), { ...GOOD, Condition: { "ForAllValues:StringLikeIfExists": { "aws:TagKeys": ["a", "b"] }, Bool: { "aws:SecureTransport": true } } }]) checkIdentityPolicy(policy(statement));
    checkTrustPolicy(policy({ Effect: "Allow", Principal: { AWS: ["arn:aws:iam::111122223333:root"], Service: "lambda.amazonaws.com" }, Action: ["sts:AssumeRole", "sts:TagSession"] }, {}));
  });

  it("are refused as trust policies when they trust nobody there can be", () => {
    const trusting = (Principal: unknown) => policy({ Effect: "Allow", Principal, Action: "sts:AssumeRole" });
    for (const [kind, value] of [["SERVICE", "lambda"], ["SERVICE", "codepipeline.amazonaws.org"], ["AWS", "arn:aws:iam::123456789012:role/*"], ["AWS", "1234"], ["AWS", "arn:aws:s3:::bucket"], ["FEDERATED", "example"]] as const) {
      const name = { SERVICE: "Service", AWS: "AWS", FEDERATED: "Federated" }[kind];
      assert.throws(() => checkTrustPolicy(trusting({ [name]: value })), { code: "MalformedPolicyDocumentException", message: `Invalid principal in policy: "${kind}":"${value}"` });
    }
    for (const good of ["*", { AWS: "*" }, { AWS: ["123456789012", "arn:aws:iam::123456789012:user/a/b", "arn:aws:sts::123456789012:assumed-role/r/s", "AROAIOSFODNN7EXAMPLE0"] }, { Service: ["apigateway.amazonaws.com", "delivery.logs.amazonaws.com"] },
      { Federated: ["cognito-identity.amazonaws.com", "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"] }]) checkTrustPolicy(trusting(good));
  });

  it("pass when they are AWS's own", () => {
    for (const { name, document } of AWS_MANAGED_POLICIES) assert.doesNotThrow(() => checkIdentityPolicy(JSON.stringify(document)), name);
    assert.equal(new Set(AWS_MANAGED_POLICIES.map(({ path, name }) => path + name)).size, AWS_MANAGED_POLICIES.length);
  });

  it("are encoded as AWS encodes them", () => assert.equal(encodeDocument("{\"a\": [\"b*(c)!\"]}"), "%7B%22a%22%3A%20%5B%22b%2A%28c%29%21%22%5D%7D"));
});
