// Amazon Cognito: user-pool triggers, one for each trigger source, and Cognito Sync.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html
import { base64, type Facts, type Samples } from "./facts.ts";

const trigger = <Source extends string, Request extends object, Response extends object>(triggerSource: Source, request: (facts: Facts) => Request, response: Response, version = "1") => (facts: Facts) => {
  const { region, uuid, word } = facts;
  return {
    version, region, userPoolId: `${region}_${word(9)}`, userName: "alice", callerContext: { awsSdkVersion: "aws-sdk-unknown-unknown", clientId: word(26) }, triggerSource,
    request: { userAttributes: { sub: uuid(), email_verified: "true", "cognito:user_status": "CONFIRMED", email: "alice@example.com" } as Record<string, string>, ...request(facts) }, response,
  };
};

const nothing = () => ({});
const SIGN_UP = { autoConfirmUser: false, autoVerifyEmail: false, autoVerifyPhone: false };
const validation = () => ({ validationData: { key: "value" } });
const SESSION = [{ challengeName: "CUSTOM_CHALLENGE" as const, challengeResult: true, challengeMetadata: "CAPTCHA_CHALLENGE" }];
const groups = () => ({ groupConfiguration: { groupsToOverride: ["group-A", "group-B"], iamRolesToOverride: ["arn:aws:iam::000000000000:role/group-A"], preferredRole: "arn:aws:iam::000000000000:role/group-A" }, clientMetadata: { key: "value" } });
const scoped = () => ({ ...groups(), scopes: ["aws.cognito.signin.user.admin", "openid"] });
const CLAIMS = { claimsOverrideDetails: null };
const CLAIMS_AND_SCOPES = { claimsAndScopeOverrideDetails: null };
const NO_MESSAGE = { smsMessage: null, emailMessage: null, emailSubject: null };
const code = (usernameParameter: string | null) => () => ({ codeParameter: "{####}", linkParameter: "{##Click Here##}", usernameParameter });
const encrypted = (type: string) => ({ opaque }: Facts) => ({ type, code: opaque(120), clientMetadata: { key: "value" } });
const mail = encrypted("customEmailSenderRequestV1");
const sms = encrypted("customSMSSenderRequestV1");

const takeOver = ({ uuid, opaque, now }: Facts) => ({
  type: "customEmailSenderRequestV1", code: null, clientMetadata: { key: "value" },
  userAttributes: {
    EVENT_ID: uuid(), USER_NAME: "alice", IP_ADDRESS: "203.0.113.1", ACCOUNT_TAKE_OVER_ACTION: "NO_ACTION" as const, ONE_CLICK_LINK_VALID: "https://example.com/valid", ONE_CLICK_LINK_INVALID: "https://example.com/invalid",
    LOGIN_TIME: now.toISOString(), FEEDBACK_TOKEN: opaque(24), CITY: "Seattle", COUNTRY: "United States", DEVICE_NAME: "Firefox, Linux",
  },
});

const migrated = { userAttributes: null, finalUserStatus: null, messageAction: null, desiredDeliveryMediums: null, forceAliasCreation: null, enableSMSMFA: null };

export const COGNITO = {
  PreSignUp_SignUp: trigger("PreSignUp_SignUp", validation, SIGN_UP),
  PreSignUp_AdminCreateUser: trigger("PreSignUp_AdminCreateUser", validation, SIGN_UP),
  PreSignUp_ExternalProvider: trigger("PreSignUp_ExternalProvider", validation, SIGN_UP),
  PostConfirmation_ConfirmSignUp: trigger("PostConfirmation_ConfirmSignUp", nothing, {}),
  PostConfirmation_ConfirmForgotPassword: trigger("PostConfirmation_ConfirmForgotPassword", nothing, {}),
  PreAuthentication_Authentication: trigger("PreAuthentication_Authentication", () => ({ ...validation(), userNotFound: false }), {}),
  PostAuthentication_Authentication: trigger("PostAuthentication_Authentication", () => ({ newDeviceUsed: false, clientMetadata: { key: "value" } }), {}),
  DefineAuthChallenge_Authentication: trigger("DefineAuthChallenge_Authentication", () => ({ session: SESSION, userNotFound: false }), { challengeName: undefined as string | undefined, issueTokens: false, failAuthentication: false }),
  CreateAuthChallenge_Authentication: trigger("CreateAuthChallenge_Authentication", () => ({ challengeName: "CUSTOM_CHALLENGE", session: SESSION, userNotFound: false }), { publicChallengeParameters: {}, privateChallengeParameters: {}, challengeMetadata: "" }),
  VerifyAuthChallengeResponse_Authentication: trigger("VerifyAuthChallengeResponse_Authentication", () => ({ privateChallengeParameters: { answer: "123" }, challengeAnswer: "123", userNotFound: false }), { answerCorrect: false }),
  TokenGeneration_HostedAuth: trigger("TokenGeneration_HostedAuth", groups, CLAIMS),
  TokenGeneration_Authentication: trigger("TokenGeneration_Authentication", groups, CLAIMS),
  TokenGeneration_NewPasswordChallenge: trigger("TokenGeneration_NewPasswordChallenge", groups, CLAIMS),
  TokenGeneration_AuthenticateDevice: trigger("TokenGeneration_AuthenticateDevice", groups, CLAIMS),
  TokenGeneration_RefreshTokens: trigger("TokenGeneration_RefreshTokens", groups, CLAIMS),
  TokenGeneration_Authentication_V2: trigger("TokenGeneration_Authentication", scoped, CLAIMS_AND_SCOPES, "2"),
  TokenGeneration_ClientCredentials: trigger("TokenGeneration_ClientCredentials", scoped, CLAIMS_AND_SCOPES, "3"),
  UserMigration_Authentication: trigger("UserMigration_Authentication", () => ({ password: "correct horse battery staple", ...validation(), clientMetadata: { key: "value" } }), migrated),
  UserMigration_ForgotPassword: trigger("UserMigration_ForgotPassword", () => ({ ...validation(), clientMetadata: { key: "value" } }), migrated),
  CustomMessage_SignUp: trigger("CustomMessage_SignUp", code(null), NO_MESSAGE),
  CustomMessage_AdminCreateUser: trigger("CustomMessage_AdminCreateUser", code("{username}"), NO_MESSAGE),
  CustomMessage_ResendCode: trigger("CustomMessage_ResendCode", code(null), NO_MESSAGE),
  CustomMessage_ForgotPassword: trigger("CustomMessage_ForgotPassword", code(null), NO_MESSAGE),
  CustomMessage_UpdateUserAttribute: trigger("CustomMessage_UpdateUserAttribute", code(null), NO_MESSAGE),
  CustomMessage_VerifyUserAttribute: trigger("CustomMessage_VerifyUserAttribute", code(null), NO_MESSAGE),
  CustomMessage_Authentication: trigger("CustomMessage_Authentication", code(null), NO_MESSAGE),
  CustomEmailSender_SignUp: trigger("CustomEmailSender_SignUp", mail, {}),
  CustomEmailSender_ResendCode: trigger("CustomEmailSender_ResendCode", mail, {}),
  CustomEmailSender_ForgotPassword: trigger("CustomEmailSender_ForgotPassword", mail, {}),
  CustomEmailSender_UpdateUserAttribute: trigger("CustomEmailSender_UpdateUserAttribute", mail, {}),
  CustomEmailSender_VerifyUserAttribute: trigger("CustomEmailSender_VerifyUserAttribute", mail, {}),
  CustomEmailSender_AdminCreateUser: trigger("CustomEmailSender_AdminCreateUser", mail, {}),
  CustomEmailSender_Authentication: trigger("CustomEmailSender_Authentication", mail, {}),
  CustomEmailSender_AccountTakeOverNotification: trigger("CustomEmailSender_AccountTakeOverNotification", takeOver, {}),
  CustomSMSSender_SignUp: trigger("CustomSMSSender_SignUp", sms, {}),
  CustomSMSSender_ResendCode: trigger("CustomSMSSender_ResendCode", sms, {}),
  CustomSMSSender_ForgotPassword: trigger("CustomSMSSender_ForgotPassword", sms, {}),
  CustomSMSSender_UpdateUserAttribute: trigger("CustomSMSSender_UpdateUserAttribute", sms, {}),
  CustomSMSSender_VerifyUserAttribute: trigger("CustomSMSSender_VerifyUserAttribute", sms, {}),
  CustomSMSSender_AdminCreateUser: trigger("CustomSMSSender_AdminCreateUser", sms, {}),
  CustomSMSSender_Authentication: trigger("CustomSMSSender_Authentication", sms, {}),
  InboundFederation_ExternalProvider: trigger("InboundFederation_ExternalProvider", ({ opaque, now }) => ({
    providerName: "my-provider", providerType: "OIDC" as const,
    attributes: { tokenResponse: { access_token: opaque(24), token_type: "Bearer", expires_in: "3600" }, idToken: { sub: "alice", email: "alice@example.com", iat: String(Math.trunc(now.getTime() / 1000)) }, userInfo: { sub: "alice", given_name: "Alice" } },
  }), { userAttributesToMap: {} }),
} satisfies Samples;

/** https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-events.html */
export const COGNITO_SYNC = {
  SyncTrigger: ({ region, uuid }: Facts) => ({
    version: 2, eventType: "SyncTrigger", region, identityPoolId: `${region}:${uuid()}`, identityId: `${region}:${uuid()}`, datasetName: "my-dataset",
    datasetRecords: { SampleKey1: { oldValue: "oldValue1", newValue: "newValue1", op: "replace" }, SampleKey2: { oldValue: base64("old"), newValue: base64("new"), op: "replace" } },
  }),
} satisfies Samples;
