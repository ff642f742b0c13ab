// Function URLs as the gateway needs them, and where they can be reached as the Lambda room shows them.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html

export interface FunctionUrlCors {
  allowCredentials?: boolean;
  allowHeaders?: string[];
  allowMethods?: string[];
  allowOrigins?: string[];
  exposeHeaders?: string[];
  maxAgeSeconds?: number;
}

export interface FunctionUrl {
  urlId: string;
  account: string;
  region: string;
  /** Of the function, or of the alias it is for. */
  functionArn: string;
  authType: "NONE" | "AWS_IAM";
  invokeMode: "BUFFERED" | "RESPONSE_STREAM";
  cors?: FunctionUrlCors;
}

/** Implemented by the Lambda room, read by the gateway. */
export interface FunctionUrls {
  find(urlId: string): Promise<FunctionUrl | undefined>;
}

/** Implemented by the gateway, read by the Lambda room. */
export interface FunctionUrlAddresses {
  /** Ends with a slash. */
  address(urlId: string, region: string): Promise<string>;
}
