// Lex, Alexa and Connect. https://docs.aws.amazon.com/lexv2/latest/dg/lambda-input-format.html · https://developer.amazon.com/docs/custom-skills/request-and-response-json-reference.html
// https://docs.aws.amazon.com/connect/latest/adminguide/connect-lambda-functions.html
import { type Facts, type Samples, seconds } from "./facts.ts";

const CITY = { shape: "Scalar" as const, value: { originalValue: "Chicago", interpretedValue: "Chicago", resolvedValues: ["Chicago"] } };

function intent(state: "InProgress" | "ReadyForFulfillment") {
  return { name: "BookHotel", confirmationState: "None" as const, state, slots: { Location: CITY, Nights: state === "InProgress" ? null : { shape: "Scalar" as const, value: { originalValue: "two", interpretedValue: "2", resolvedValues: ["2"] } } } };
}

const lexV2 = (invocationSource: "DialogCodeHook" | "FulfillmentCodeHook") => ({ uuid, word, digits }: Facts) => {
  const now = intent(invocationSource === "DialogCodeHook" ? "InProgress" : "ReadyForFulfillment");
  const next = invocationSource === "DialogCodeHook" ? { type: "ElicitSlot" as const, slotToElicit: "Nights" } : { type: "Close" as const };
  return {
    messageVersion: "1.0", invocationSource, inputMode: "Text" as const, responseContentType: "text/plain; charset=utf-8", sessionId: digits(15), inputTranscript: "Book a hotel in Chicago",
    bot: { id: word(10).toUpperCase(), name: "BookTrip", aliasId: "TSTALIASID", aliasName: "TestBotAlias", localeId: "en_US", version: "DRAFT" },
    interpretations: [{ intent: now, nluConfidence: 0.9 }],
    proposedNextState: { dialogAction: next, intent: now }, requestAttributes: {},
    sessionState: { activeContexts: [], sessionAttributes: {}, intent: now, originatingRequestId: uuid() },
    transcriptions: [{ transcription: "Book a hotel in Chicago", transcriptionConfidence: 1, resolvedContext: { intent: "BookHotel" }, resolvedSlots: { Location: CITY } }],
  };
};

export const LEX_V2 = { DialogCodeHook: lexV2("DialogCodeHook"), FulfillmentCodeHook: lexV2("FulfillmentCodeHook") } satisfies Samples;

/** https://docs.aws.amazon.com/lex/latest/dg/lambda-input-response-format.html */
const lexV1 = (invocationSource: "DialogCodeHook" | "FulfillmentCodeHook") => () => ({
  messageVersion: "1.0" as const, invocationSource, userId: "John", sessionAttributes: {}, requestAttributes: null, bot: { name: "BookTrip", alias: "$LATEST", version: "$LATEST" }, outputDialogMode: "Text" as const, inputTranscript: "Book a hotel in Chicago",
  currentIntent: {
    name: "BookHotel", nluIntentConfidenceScore: 0.9, slots: { Location: "Chicago", Nights: invocationSource === "DialogCodeHook" ? null : "2" },
    slotDetails: { Location: { resolutions: [{ value: "Chicago" }] as [{ value: string }], originalValue: "Chicago" } }, confirmationStatus: "None" as const,
  },
});

export const LEX_V1 = { DialogCodeHook: lexV1("DialogCodeHook"), FulfillmentCodeHook: lexV1("FulfillmentCodeHook") } satisfies Samples;

function skill<Request extends object>(facts: Facts, type: string, isNew: boolean, more: Request) {
  const { now, uuid, word } = facts;
  const application = { applicationId: `amzn1.ask.skill.${uuid()}` };
  const user = { userId: `amzn1.ask.account.${word(64).toUpperCase()}` };
  return {
    version: "1.0", session: { new: isNew, sessionId: `amzn1.echo-api.session.${uuid()}`, application, attributes: {}, user },
    context: { System: { application, user, device: { deviceId: `amzn1.ask.device.${word(64).toUpperCase()}`, supportedInterfaces: { AudioPlayer: {} } }, apiEndpoint: "https://api.amazonalexa.com", apiAccessToken: word(40) }, AudioPlayer: { playerActivity: "IDLE" } },
    request: { type, requestId: `amzn1.echo-api.request.${uuid()}`, timestamp: seconds(now), locale: "en-US", ...more },
  };
}

export const ALEXA = {
  LaunchRequest: (facts: Facts) => skill(facts, "LaunchRequest", true, {}),
  IntentRequest: (facts: Facts) => skill(facts, "IntentRequest", false, { dialogState: "STARTED", intent: { name: "GetWeather", confirmationStatus: "NONE", slots: { City: { name: "City", value: "Chicago", confirmationStatus: "NONE" } } } }),
  SessionEndedRequest: (facts: Facts) => skill(facts, "SessionEndedRequest", false, { reason: "USER_INITIATED" }),
} satisfies Samples;

const scope = ({ opaque }: Facts) => ({ type: "BearerToken", token: opaque(48) });

/** https://developer.amazon.com/docs/alexa/smarthome/smart-home-skill-api-message-reference.html */
function directive(facts: Facts, namespace: string, name: string) {
  return { directive: { header: { namespace, name, payloadVersion: "3", messageId: facts.uuid(), correlationToken: facts.opaque(48) }, endpoint: { scope: scope(facts), endpointId: "my-appliance", cookie: {} }, payload: {} } };
}

export const ALEXA_SMART_HOME = {
  TurnOn: (facts: Facts) => directive(facts, "Alexa.PowerController", "TurnOn"),
  TurnOff: (facts: Facts) => directive(facts, "Alexa.PowerController", "TurnOff"),
  ReportState: (facts: Facts) => directive(facts, "Alexa", "ReportState"),
  Discover: (facts: Facts) => ({ directive: { header: { namespace: "Alexa.Discovery", name: "Discover", payloadVersion: "3", messageId: facts.uuid() }, payload: { scope: scope(facts) } } }),
} satisfies Samples;

const contact = (Channel: "VOICE" | "CHAT") => ({ region, account, uuid }: Facts) => {
  const InstanceARN = `arn:aws:connect:${region}:${account}:instance/${uuid()}`;
  const ContactId = uuid();
  return {
    Name: "ContactFlowEvent" as const,
    Details: {
      ContactData: {
        Attributes: { key: "value" }, Channel, ContactId,
        CustomerEndpoint: Channel === "VOICE" ? { Address: "+12065550100", Type: "TELEPHONE_NUMBER" as const } : null,
        InitialContactId: ContactId, InitiationMethod: Channel === "VOICE" ? "INBOUND" as const : "API" as const, InstanceARN, LanguageCode: "en-US", MediaStreams: { Customer: { Audio: null } }, PreviousContactId: ContactId,
        Queue: { ARN: `${InstanceARN}/queue/${uuid()}`, Name: "BasicQueue" },
        SystemEndpoint: Channel === "VOICE" ? { Address: "+12065550101", Type: "TELEPHONE_NUMBER" as const } : null,
      },
      Parameters: { key: "value" },
    },
  };
};

export const CONNECT = { VOICE: contact("VOICE"), CHAT: contact("CHAT") } satisfies Samples;
