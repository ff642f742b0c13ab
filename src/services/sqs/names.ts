// Under which name of the store a queue's messages are.
export const messagesOf = (queueId: string): string => `sqs/${queueId}`;
