// The function an ARN is about, without its version or alias.

/** arn:aws:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER] → without the qualifier. */
export const functionOf = (functionArn: string): string => functionArn.split(":", 7).join(":");
