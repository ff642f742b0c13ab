# frozen_string_literal: true

# The Ruby managed runtime: waits for a function on descriptor 3, loads its handler, and runs invocations one by one.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-ruby.html; the protocol's text is ../README.md.

require_relative "evoke_runtime/main"

EvokeRuntime::Main.run
