# frozen_string_literal: true

require "json"
require "logger"
require_relative "channel"
require_relative "errors"

module EvokeRuntime
  # What a function logs: `puts` is one event, as AWS's runtime makes it; a Logger on standard output has AWS's format.
  # https://docs.aws.amazon.com/lambda/latest/dg/ruby-logging.html; formats as the gem aws_lambda_ric writes them.
  module Logs
    class << self
      attr_accessor :request_id
      attr_reader :json, :level

      def set_up(json:, level:)
        @json = json
        @level = json ? level : nil
        $stdout.sync = true
        $stderr.sync = true
        ::Logger.prepend(LoggerPatch)
        Kernel.module_eval do
          def puts(*values)
            return $stdout.puts(*values) unless $stdout.equal?(STDOUT) && EvokeRuntime::Channel.mine?

            EvokeRuntime::Channel.log(values.flatten.map(&:to_s).join("\n"))
            nil
          end
        end
      end
    end

    # What a Logger writes to: one event for each message.
    class Device
      def write(message)
        Channel.log(message)
      end

      def close; end
    end

    module LoggerPatch
      def initialize(device = nil, *rest, level: nil, formatter: nil, **options)
        ours = device.nil? || device.equal?($stdout) || device.equal?($stderr)
        level ||= (ours && Logs.level) || "debug"
        formatter ||= Logs.json ? JsonFormatter.new : TextFormatter.new if ours
        super(ours ? Device.new : device, *rest, level: level, formatter: formatter, **options)
      end
    end

    class TextFormatter < ::Logger::Formatter
      def call(severity, time, progname, message)
        "#{severity[0]}, [#{format_datetime(time)} ##{Process.pid}] #{severity.rjust(5)} #{Logs.request_id} -- #{progname}: #{msg2str(message)}\n"
      end
    end

    class JsonFormatter < ::Logger::Formatter
      def call(severity, time, progname, message)
        line = { timestamp: time.utc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ"), level: severity, message: clean(message.is_a?(Exception) ? message.message : msg2str(message)), requestId: Logs.request_id }
        line[:logger] = clean(progname) unless progname.to_s.empty?
        line.update(of_error(message)) if message.is_a?(Exception)
        "#{JSON.generate(line.compact)}\n"
      end

      private

      def of_error(error)
        trace = Array(error.backtrace).map { |line| clean(line) }
        place = trace.first&.match(/\A(.+):(\d+):in [`'](.+)'\z/)
        { errorType: error.class.to_s, errorMessage: clean(error.message), stackTrace: trace, location: place ? "#{place[1]}:#{place[3]}:#{place[2]}" : trace.first }
      end

      def clean(value)
        value.to_s.encode("UTF-8", invalid: :replace, undef: :replace).scrub
      end
    end
  end
end
