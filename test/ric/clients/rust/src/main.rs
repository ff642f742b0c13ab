// A function on AWS's Rust client: echoes, fails when asked to, and streams when asked to.
use lambda_runtime::streaming::{channel, Body, Response};
use lambda_runtime::{run, service_fn, Error, FunctionResponse, LambdaEvent};
use serde_json::{json, Value};

type Answer = FunctionResponse<Value, Body>;

async fn handle(event: LambdaEvent<Value>) -> Result<Answer, Error> {
    let (input, context) = event.into_parts();
    if let Some(message) = input["fail"].as_str() {
        return Err(message.to_string().into());
    }
    if let Some(text) = input["stream"].as_str() {
        let (mut sender, body) = channel();
        let text = text.to_string();
        tokio::spawn(async move {
            let _ = sender.send_data(text.into()).await;
        });
        return Ok(FunctionResponse::StreamingResponse(Response::from(body)));
    }
    Ok(FunctionResponse::BufferedResponse(json!({
        "echo": input["echo"],
        "requestId": context.request_id,
        "arn": context.invoked_function_arn,
    })))
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}
