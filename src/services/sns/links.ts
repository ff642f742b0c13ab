// The links in messages, which confirm and end subscriptions without a signature. As AWS writes them: nothing in them needs escaping.
// https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html

/** `endpointUrl`: where Evoke is reached. */
export const confirmUrl = (endpointUrl: string, topicArn: string, token: string): string => `${endpointUrl}/?Action=ConfirmSubscription&TopicArn=${topicArn}&Token=${token}`;
export const unsubscribeUrl = (endpointUrl: string, subscriptionArn: string): string => `${endpointUrl}/?Action=Unsubscribe&SubscriptionArn=${subscriptionArn}`;
