// An extension on AWS's own library for them: subscribes to the Telemetry API, and prints what it is told.
use lambda_extension::{service_fn, Error, Extension, LambdaEvent, LambdaTelemetry, LambdaTelemetryRecord, NextEvent, SharedService};

async fn event(event: LambdaEvent) -> Result<(), Error> {
    match event.next {
        NextEvent::Invoke(invoke) => println!("SDK invoke {}", invoke.request_id),
        NextEvent::Shutdown(shutdown) => println!("SDK shutdown {}", shutdown.shutdown_reason),
    }
    Ok(())
}

async fn telemetry(events: Vec<LambdaTelemetry>) -> Result<(), Error> {
    for one in events {
        match one.record {
            LambdaTelemetryRecord::Function(line) => println!("SDK function {}", line.trim()),
            LambdaTelemetryRecord::PlatformInitStart { phase, .. } => println!("SDK initStart {:?}", phase),
            LambdaTelemetryRecord::PlatformInitReport { metrics, .. } => println!("SDK initReport {}", metrics.duration_ms > 0.0),
            LambdaTelemetryRecord::PlatformStart { request_id, .. } => println!("SDK start {request_id}"),
            LambdaTelemetryRecord::PlatformRuntimeDone { request_id, status, .. } => println!("SDK runtimeDone {request_id} {:?}", status),
            LambdaTelemetryRecord::PlatformReport { request_id, metrics, .. } => println!("SDK report {request_id} {}", metrics.memory_size_mb),
            LambdaTelemetryRecord::PlatformTelemetrySubscription { name, .. } => println!("SDK subscription {name}"),
            LambdaTelemetryRecord::PlatformExtension { name, state, .. } => println!("SDK extension {name} {state}"),
            _ => (),
        }
    }
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    Extension::new()
        .with_events_processor(service_fn(event))
        .with_telemetry_types(&["platform", "function"])
        .with_telemetry_processor(SharedService::new(service_fn(telemetry)))
        .run()
        .await
}
