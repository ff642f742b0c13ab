// A function on AWS's Go client: echoes, fails when asked to, streams when asked to, and reads other services' events.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

type event struct {
	Fail   string `json:"fail"`
	Panic  string `json:"panic"`
	Stream string `json:"stream"`
	Echo   any    `json:"echo"`

	Samples map[string]json.RawMessage `json:"samples"`
}

func handle(ctx context.Context, in event) (any, error) {
	if in.Panic != "" {
		panic(in.Panic)
	}
	if in.Fail != "" {
		return nil, errors.New(in.Fail)
	}
	if in.Stream != "" {
		return strings.NewReader(in.Stream), nil
	}
	if in.Samples != nil {
		return readAll(in.Samples)
	}
	call, _ := lambdacontext.FromContext(ctx)
	return map[string]any{"echo": in.Echo, "requestId": call.AwsRequestID, "arn": call.InvokedFunctionArn}, nil
}

func main() {
	lambda.Start(handle)
}
