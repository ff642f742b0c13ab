// Subscribers in a whole Evoke: links that a person follows, topics shared between accounts, what the outbox keeps and who may read it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { IAM } from "@aws-sdk/client-iam";
import { SNS } from "@aws-sdk/client-sns";
import { SQS } from "@aws-sdk/client-sqs";
import { evoke } from "./support/command-line.ts";
import { openTestPlatform, type TestPlatform } from "./support/platform.ts";

const OWN = "000000000000";
const OTHER = "111122223333";
const REGION = "eu-west-1";
const KEY = "AKIDEXAMPLE";
const SECRET = "a-secret-of-some-length";

const clientOf = (platform: TestPlatform, accessKeyId: string, secretAccessKey = "test") => new SNS({ ...platform.clientConfig, credentials: { accessKeyId, secretAccessKey } });

interface Mail { number: number; to: string; subject: string; body: string; links: { confirm: string; unsubscribe: string } }

async function mailed(platform: TestPlatform, environment: Record<string, string> = {}): Promise<Mail[]> {
  const { code, stdout, stderr } = await evoke(["outbox", "--json"], platform.url, "", environment);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Mail[];
}

/** As a browser sends it; fetch would say "cors". */
async function browse(url: string, headers: Record<string, string>): Promise<{ status: number; body: string }> {
  const request = get(url, { headers: { "user-agent": "Mozilla/5.0", ...headers } });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode!, body: await text(response) };
}

for (const strict of [false, true]) {
  describe(strict ? "with verified signatures" : "in development", () => {
    let platform: TestPlatform;
    let sns: SNS;
    const environment: Record<string, string> = strict ? { AWS_ACCESS_KEY_ID: KEY, AWS_SECRET_ACCESS_KEY: SECRET } : {};
    before(async () => {
      platform = await openTestPlatform(strict ? { credentials: `${KEY}:${SECRET}`, iam: "enforce" } : {});
      sns = strict ? clientOf(platform, KEY, SECRET) : clientOf(platform, "test");
    });
    after(async () => {
      sns.destroy();
      await platform.close();
    });

    it("a person confirms by following the link in an e-mail, ends by another, and comes back by a third", async () => {
      const { TopicArn } = await sns.createTopic({ Name: "news" });
      await sns.subscribe({ TopicArn, Protocol: "email", Endpoint: "ada@e.example" });
      const [mail] = await mailed(platform, environment);
      assert.equal(mail!.to, "ada@e.example");
      const { status, body } = await browse(mail!.links.confirm, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }); // as from webmail
      assert.equal(status, 200, body);
      const arn = /<SubscriptionArn>(arn:[^<]+)<\/SubscriptionArn>/.exec(body)![1]!;
      assert.equal((await sns.getSubscriptionAttributes({ SubscriptionArn: arn })).Attributes!["ConfirmationWasAuthenticated"], "false");
      const ended = await fetch(`${platform.url}/?Action=Unsubscribe&SubscriptionArn=${arn}`);
      assert.match(await ended.text(), /<UnsubscribeResponse/);
      await assert.rejects(sns.getSubscriptionAttributes({ SubscriptionArn: arn }), { name: "NotFoundException" });
      const [goodbye] = await mailed(platform, environment);
      assert.match(goodbye!.subject, /Unsubscribe Confirmation/);
      assert.equal((await fetch(goodbye!.links.confirm)).status, 200);
      assert.equal((await sns.getSubscriptionAttributes({ SubscriptionArn: arn })).Attributes!["PendingConfirmation"], "false");
      assert.equal((await fetch(goodbye!.links.confirm)).status, 400, "it brings back once");
    });

    it("a subscription that wants signatures is not ended by its link", async () => {
      const { TopicArn } = await sns.createTopic({ Name: "strict" });
      await sns.subscribe({ TopicArn, Protocol: "email", Endpoint: "strict@e.example" });
      const mail = (await mailed(platform, environment)).find(({ to }) => to === "strict@e.example")!;
      assert.equal((await fetch(`${mail.links.confirm}&AuthenticateOnUnsubscribe=true`)).status, 403);
      const { SubscriptionArn } = await sns.confirmSubscription({ TopicArn, Token: new URL(mail.links.confirm).searchParams.get("Token")!, AuthenticateOnUnsubscribe: "true" });
      const refused = await fetch(`${platform.url}/?Action=Unsubscribe&SubscriptionArn=${SubscriptionArn}`);
      assert.deepEqual([refused.status, /<Code>AuthorizationError<\/Code>/.test(await refused.text())], [403, true]);
      await sns.unsubscribe({ SubscriptionArn });
    });

    it("a page on the web can neither follow these links unseen nor do anything else", async () => {
      const link = `${platform.url}/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:${REGION}:${OWN}:news:00000000-0000-0000-0000-000000000000`;
      const follow = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
      for (const [url, headers] of [
        [link, { ...follow, "sec-fetch-mode": "no-cors" }], [link, { origin: "http://evil.example" }], [link, { host: "evil.example" }], [link.replace("Unsubscribe", "DeleteTopic"), follow],
        [`${platform.url}/?Action=ListTopics&Version=2010-03-31`, follow], [`${platform.url}/_evoke/outbox`, follow], [`${platform.url}/_evoke/outbox/stop?number=%2B4915112345678`, follow],
      ] as [string, Record<string, string>][]) assert.equal((await browse(url, headers)).status, 403, `${url} ${JSON.stringify(headers)}`);
      assert.equal((await fetch(`${platform.url}/_evoke/outbox/stop?number=%2B4915112345678`, { method: "POST", headers: { origin: "http://evil.example" } })).status, 403);
    });

    it("a phone that answers STOP is told to the operations that ask", async () => {
      const { code, stdout } = await evoke(["outbox", "stop", "+4915112345678"], platform.url, "", { ...environment, AWS_REGION: REGION });
      assert.deepEqual([code, /gets no more messages/.test(stdout)], [0, true]);
      assert.deepEqual((await sns.listPhoneNumbersOptedOut({})).phoneNumbers, ["+4915112345678"]);
    });
  });
}

describe("who may what", () => {
  it("shares a topic with another account by its policy, and each sees its own subscriptions", async () => {
    await using platform = await openTestPlatform();
    const [own, other, third] = [clientOf(platform, OWN), clientOf(platform, OTHER), clientOf(platform, "444455556666")];
    const { TopicArn } = await own.createTopic({ Name: "shared" });
    const Endpoint = `arn:aws:sqs:${REGION}:${OTHER}:theirs`;
    const refused = { name: "AuthorizationErrorException", message: /^User: arn:aws:iam::111122223333:root is not authorized to perform: SNS:Subscribe on resource: arn:aws:sns:eu-west-1:000000000000:shared because no resource-based policy allows the SNS:Subscribe action$/ };
    await assert.rejects(other.subscribe({ TopicArn, Protocol: "sqs", Endpoint }), refused);
    await own.addPermission({ TopicArn, Label: "them", AWSAccountId: [OTHER], ActionName: ["Subscribe", "Publish"] });
    const { SubscriptionArn } = await other.subscribe({ TopicArn, Protocol: "sqs", Endpoint });
    assert.match(SubscriptionArn!, /^arn:/, "of their own queue: nothing to confirm");
    assert.deepEqual((await other.listSubscriptions({})).Subscriptions!.map(({ Owner }) => Owner), [OTHER]);
    assert.deepEqual((await own.listSubscriptions({})).Subscriptions ?? [], []);
    assert.equal((await own.listSubscriptionsByTopic({ TopicArn })).Subscriptions!.length, 1);
    assert.equal((await other.getSubscriptionAttributes({ SubscriptionArn })).Attributes!["SubscriptionPrincipal"], `arn:aws:iam::${OTHER}:root`);
    const foreign = { name: "AuthorizationErrorException" };
    await assert.rejects(other.setTopicAttributes({ TopicArn, AttributeName: "DisplayName", AttributeValue: "mine now" }), foreign);
    await assert.rejects(other.tagResource({ ResourceArn: TopicArn, Tags: [{ Key: "a", Value: "b" }] }), foreign);
    await assert.rejects(third.getSubscriptionAttributes({ SubscriptionArn }), foreign);
    await assert.rejects(third.setSubscriptionAttributes({ SubscriptionArn, AttributeName: "RawMessageDelivery", AttributeValue: "true" }), foreign);
    await assert.rejects(third.unsubscribe({ SubscriptionArn }), foreign);
    await own.unsubscribe({ SubscriptionArn });
  });

  it("asks another account's queue, whose owner confirms with what lies in it", async () => {
    await using platform = await openTestPlatform();
    const own = clientOf(platform, OWN);
    const sqs = new SQS({ ...platform.clientConfig, credentials: { accessKeyId: OTHER, secretAccessKey: "test" } });
    const { TopicArn } = await own.createTopic({ Name: "to-theirs" });
    const Endpoint = `arn:aws:sqs:${REGION}:${OTHER}:theirs`;
    const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: Endpoint, Condition: { ArnEquals: { "aws:SourceArn": TopicArn } } }] });
    const { QueueUrl } = await sqs.createQueue({ QueueName: "theirs", Attributes: { Policy } });
    assert.equal((await own.subscribe({ TopicArn, Protocol: "sqs", Endpoint })).SubscriptionArn, "pending confirmation");
    const received = async () => JSON.parse((await sqs.receiveMessage({ QueueUrl, WaitTimeSeconds: 10 })).Messages![0]!.Body!) as Record<string, string>;
    const { Type, Token, SubscribeURL } = await received();
    assert.deepEqual([Type, new URL(SubscribeURL!).searchParams.get("Token")], ["SubscriptionConfirmation", Token]);
    assert.equal((await fetch(SubscribeURL!)).status, 200);
    await own.publish({ TopicArn, Message: "hello" });
    assert.equal((await received())["Message"], "hello");
    sqs.destroy();
  });

  it("enforces policies: of users, of topics, with their condition keys", async () => {
    await using platform = await openTestPlatform({ credentials: `${KEY}:${SECRET}`, iam: "enforce" });
    const root = clientOf(platform, KEY, SECRET);
    const iam = new IAM({ ...platform.clientConfig, credentials: { accessKeyId: KEY, secretAccessKey: SECRET } });
    const { TopicArn } = await root.createTopic({ Name: "guarded", Tags: [{ Key: "team", Value: "a" }] });
    await iam.createUser({ UserName: "ann" });
    const { AccessKey } = await iam.createAccessKey({ UserName: "ann" });
    const ann = clientOf(platform, AccessKey!.AccessKeyId!, AccessKey!.SecretAccessKey!);
    const subscribe = (Endpoint: string) => ann.subscribe({ TopicArn, Protocol: "https", Endpoint });
    await assert.rejects(subscribe("https://e.example/"), (error: Error) => /not authorized to perform: sns:Subscribe on resource: arn:aws:sns:eu-west-1:000000000000:guarded/i.test(error.message));
    const Statement = [{ Effect: "Allow", Action: "sns:Subscribe", Resource: "*", Condition: { StringLike: { "sns:Endpoint": "https://e.example/*" }, StringEquals: { "aws:ResourceTag/team": "a", "sns:Protocol": "https" } } }];
    await iam.putUserPolicy({ UserName: "ann", PolicyName: "p", PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }) });
    assert.equal((await subscribe("https://e.example/hook")).SubscriptionArn, "pending confirmation");
    await assert.rejects(subscribe("https://evil.example/"), /not authorized/);
    await root.setTopicAttributes({ TopicArn, AttributeName: "Policy", AttributeValue: JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${OWN}:user/ann` }, Action: ["sns:GetTopicAttributes", "sns:SetTopicAttributes"], Resource: TopicArn }] }) });
    assert.equal((await ann.getTopicAttributes({ TopicArn })).Attributes!["TopicArn"], TopicArn);
    await ann.setTopicAttributes({ TopicArn, AttributeName: "DisplayName", AttributeValue: "Ann's" });
    await assert.rejects(ann.setTopicAttributes({ TopicArn, AttributeName: "LambdaSuccessFeedbackRoleArn", AttributeValue: `arn:aws:iam::${OWN}:role/r` }), /not authorized to perform: iam:PassRole/);
    assert.equal((await fetch(`${platform.url}/_evoke/outbox`)).status, 403, "nobody reads mail without a signature");
    const { code, stderr } = await evoke(["outbox"], platform.url, "", { AWS_ACCESS_KEY_ID: AccessKey!.AccessKeyId!, AWS_SECRET_ACCESS_KEY: AccessKey!.SecretAccessKey! });
    assert.deepEqual([code, /for the root of an account/.test(stderr)], [1, true]);
  });
});

describe("evoke outbox", () => {
  it("lists, shows and hides what would move the cursor", async () => {
    await using platform = await openTestPlatform();
    const sns = clientOf(platform, "test");
    const nothing = await evoke(["outbox"], platform.url);
    assert.deepEqual([nothing.code, nothing.stdout], [0, "No e-mail, SMS or push message has been sent.\n"]);
    await sns.publish({ PhoneNumber: "+4915112345678", Message: "hello\u001b[2J there" });
    const { stdout } = await evoke(["outbox"], platform.url);
    assert.match(stdout, /^NUMBER +SENT +BY +TO +WHAT\n1 +\S+ +sms +\+4915112345678 +hello\[2J there\n$/);
    assert.match((await evoke(["outbox", "1"], platform.url)).stdout, /^To +\+4915112345678 \(sms\)\nSent [^]*\n\nhello\[2J there\n$/);
    assert.match((await evoke(["outbox", "7"], platform.url)).stderr, /there is no message 7/);
    assert.match((await evoke(["outbox", "x"], platform.url)).stderr, /"x" is not the number of a message/);
    assert.equal((await evoke(["outbox", "--account", OTHER], platform.url)).stdout, nothing.stdout);
    sns.destroy();
  });
});
