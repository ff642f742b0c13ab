# frozen_string_literal: true

require "json"
require "stringio"
require_relative "channel"
require_relative "context"
require_relative "errors"
require_relative "logs"

module EvokeRuntime
  # file.method, or file.Module::Class.method; as AWS's runtime splits it, the file may have dots in its folders.
  class Handler
    def initialize(name)
      parts = name.split(".")
      raise ArgumentError, "Invalid handler #{parts}, must be of form FILENAME.METHOD or FILENAME.CLASS.METHOD where FILENAME corresponds with an existing Ruby source file FILENAME.rb, CLASS is an optional module/class namespace and METHOD is a callable method. If using CLASS, METHOD must be a class-level method." unless [2, 3].include?(parts.size)

      @file = parts.first
      @method = parts.last
      @class = parts[1] if parts.size == 3
    end

    def load
      require @file
    end

    def call(event, context)
      @class ? Kernel.const_get(@class).send(@method, event: event, context: context) : Main::SELF.send(@method, event: event, context: context)
    end
  end

  # Assign, load the handler, then one invocation after another until the engine ends it.
  module Main
    # Methods that a function's file defines at its top are private methods of every object.
    SELF = TOPLEVEL_BINDING.receiver
    # AWS's runtime ends after what it calls critical; the engine knows this status as "on its way out".
    EXIT_AFTER_ERROR = 128

    class << self
      def run
        Channel.write(Channel::HELLO)
        type, body = Channel.read
        exit!(type == Channel::SHUTDOWN ? 0 : 1) unless type == Channel::ASSIGN
        handler = load(JSON.parse(body))
        Channel.write(Channel::READY)
        loop do
          type, body = Channel.read
          shut_down if type == Channel::SHUTDOWN
          exit!(1) unless type == Channel::INVOKE
          invoke(handler, body)
        end
      end

      private

      def load(assign)
        ENV.replace(assign["env"]) if assign["env"]
        Dir.chdir(assign["taskRoot"])
        format = ENV["AWS_LAMBDA_LOG_FORMAT"] || assign["logFormat"]
        level = (ENV["AWS_LAMBDA_LOG_LEVEL"] || assign["logLevel"] || "INFO").downcase
        Logs.set_up(json: format.to_s.casecmp?("JSON"), level: level == "trace" ? "debug" : level)
        use_load_path(assign["taskRoot"])
        handler = Handler.new(assign["handler"])
        handler.load
        handler
      rescue Exception => error # a file that cannot be found or parsed, or anything the function's own code raises or does
        response = Errors.response(error, "Init")
        report("Init error when loading handler #{assign["handler"]}", response)
        Channel.write(Channel::INIT_ERROR, Errors.json(response))
        exit!(1)
      end

      # Ruby reads these variables when it starts, which may be before the function is known.
      def use_load_path(task_root)
        more = ENV.fetch("RUBYLIB", "").split(":").reject { |folder| folder.empty? || $LOAD_PATH.include?(folder) }
        $LOAD_PATH.unshift(task_root, *more)
        version = RbConfig::CONFIG["ruby_version"]
        ENV["GEM_PATH"] ||= "#{task_root}/vendor/bundle/ruby/#{version}:/opt/ruby/gems/#{version}"
        Gem.clear_paths
      end

      def invoke(handler, body)
        size = body.unpack1("N")
        invocation = JSON.parse(body.byteslice(4, size))
        Logs.request_id = invocation["id"]
        invocation["traceId"] ? ENV["_X_AMZN_TRACE_ID"] = invocation["traceId"] : ENV.delete("_X_AMZN_TRACE_ID")
        answer = call(handler, invocation, body.byteslice(4 + size..).force_encoding("UTF-8"))
        Channel.write(Channel::RESPONSE, answer) if answer
      end

      # The answer's bytes; nil when an error has been sent instead.
      def call(handler, invocation, payload)
        event = JSON.parse(payload)
        result = handler.call(event, LambdaContext.new(invocation))
        (result.is_a?(StringIO) || result.is_a?(IO) ? result.read : result.to_json).to_s # the function's own to_json may be anything
      rescue Exception => error # the function may raise, exit or overflow its stack
        return failed("Error raised from handler method", error) if error.is_a?(StandardError) && !error.is_a?(NameError) # NoMethodError is one

        failed("Critical exception from handler", error)
        exit!(EXIT_AFTER_ERROR)
      end

      def failed(title, error)
        response = Errors.response(error, "Function")
        report(title, response)
        Channel.write(Channel::ERROR, Errors.json(response))
        nil
      end

      def report(title, response)
        Channel.log(title)
        Channel.log(JSON.pretty_generate(response))
        return unless response[:errorMessage].match?(/cannot load such file -- aws-sdk/)

        Channel.log("The AWS SDK for Ruby is part of AWS's own runtime and not of this one: put its gems into the function's package with Bundler.\n")
      end

      def shut_down
        handler = Signal.trap("TERM", "DEFAULT")
        handler.call(Signal.list["TERM"]) if handler.respond_to?(:call)
        exit!(0)
      end
    end
  end
end
