# frozen_string_literal: true

# The context object of a handler; its name is AWS's. https://docs.aws.amazon.com/lambda/latest/dg/ruby-context.html
class LambdaContext
  attr_reader :aws_request_id, :invoked_function_arn, :log_group_name, :log_stream_name, :function_name, :memory_limit_in_mb,
              :function_version, :identity, :client_context, :deadline_ms, :tenant_id

  def initialize(invocation)
    @clock_diff = Process.clock_gettime(Process::CLOCK_REALTIME, :millisecond) - Process.clock_gettime(Process::CLOCK_MONOTONIC, :millisecond)
    @deadline_ms = invocation["deadlineMs"]
    @aws_request_id = invocation["id"]
    @invoked_function_arn = invocation["arn"]
    @tenant_id = invocation["tenantId"]
    @log_group_name = ENV["AWS_LAMBDA_LOG_GROUP_NAME"]
    @log_stream_name = ENV["AWS_LAMBDA_LOG_STREAM_NAME"]
    @function_name = ENV["AWS_LAMBDA_FUNCTION_NAME"]
    @memory_limit_in_mb = ENV["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
    @function_version = ENV["AWS_LAMBDA_FUNCTION_VERSION"]
    @identity = JSON.parse(invocation["cognitoIdentity"]) if invocation["cognitoIdentity"]
    @client_context = JSON.parse(invocation["clientContext"]) if invocation["clientContext"]
  end

  def get_remaining_time_in_millis
    [@deadline_ms - Process.clock_gettime(Process::CLOCK_MONOTONIC, :millisecond) - @clock_diff, 0].max
  end
end
