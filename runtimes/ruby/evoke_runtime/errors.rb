# frozen_string_literal: true

module EvokeRuntime
  # Error shapes of AWS's Ruby runtime (gem aws_lambda_ric): what a caller receives, and the same in the log.
  module Errors
    FOLDER = __dir__
    FRAMES_MAX = 100
    CHARACTERS_MAX = 512 * 1024

    # Of `kind` Function (a handler's), Runtime (ours) or Init (while loading).
    def self.response(error, kind)
      { errorMessage: message_of(error), errorType: "#{kind}<#{error.class}>", stackTrace: trace_of(error) }
    end

    # Short enough for a frame, whatever the message holds.
    def self.json(response)
      text = JSON.generate(response)
      return text if text.length <= CHARACTERS_MAX

      JSON.generate(response.merge(errorMessage: response[:errorMessage][0, CHARACTERS_MAX / 8], stackTrace: []))
    end

    def self.message_of(error)
      message = error.message.to_s
      message = message.encode("UTF-8", invalid: :replace, undef: :replace)
      message.valid_encoding? ? message : message.scrub
    rescue StandardError
      "<unprintable #{error.class}>"
    end

    # Up to the runtime's own frames.
    def self.trace_of(error)
      (error.backtrace || []).first(FRAMES_MAX).map { |line| line.to_s.scrub }.take_while { |line| !line.start_with?(FOLDER) }
    end
  end
end
