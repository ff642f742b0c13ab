require "json"
require "logger"

$count = 0

def echo(event:, context:)
  {
    event: event, id: context.aws_request_id, arn: context.invoked_function_arn, name: context.function_name, memory: context.memory_limit_in_mb, version: context.function_version,
    group: context.log_group_name, stream: context.log_stream_name, remaining: context.get_remaining_time_in_millis, identity: context.identity, client: context.client_context,
    trace: ENV["_X_AMZN_TRACE_ID"], folder: Dir.pwd, own: ENV["OWN"],
  }
end

def counted(event:, context:)
  $count += 1
end

def nothing(event:, context:) = nil

def raw(event:, context:) = StringIO.new("as it is")

def broken(event:, context:) = raise(ArgumentError, "no good: #{event["a"]}")

def misspelt(event:, context:) = no_such_method(1)

def leaves(event:, context:) = exit(3)

def unserializable(event:, context:) = { a: Float::NAN }

def says(event:, context:)
  puts "one\nevent"
  puts "second", ["third"]
  logger = Logger.new($stdout)
  logger.debug("detail")
  logger.warn("careful")
  logger.error(RuntimeError.new("told"))
end

def writes(event:, context:) = $stdout.print("to the pipe\n")

def signalled(event:, context:)
  trap("USR1") { puts "from the signal's handler" }
  Process.kill("USR1", Process.pid)
  sleep 0.05
  "went on"
end

class Odd
  def to_json(*) = nil
end

def odd(event:, context:) = Odd.new

def from_gem(event:, context:)
  require "own_gem"
  OwnGem::NAME
end

module Deep
  class Handler
    def self.ping(event:, context:) = "deep #{event["msg"]}"
  end
end
