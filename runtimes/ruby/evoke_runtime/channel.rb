# frozen_string_literal: true

module EvokeRuntime
  # Frames on the inherited descriptor 3: blocking reads and writes (../../README.md is the protocol's text).
  module Channel
    ASSIGN = 1
    INVOKE = 2
    SHUTDOWN = 3
    HELLO = 16
    READY = 17
    INIT_ERROR = 18
    RESPONSE = 19
    ERROR = 20
    LOG = 24

    FRAME_BYTES_MAX = 8 * 1024 * 1024
    # CloudWatch Logs holds no longer event; a longer line becomes several, as on AWS.
    EVENT_CHARACTERS_MAX = 256 * 1024
    RAW = 6

    @io = IO.for_fd(3, "r+b")
    @io.sync = true
    @io.close_on_exec = true
    # Threads of the function may print while the handler runs; a frame is written whole.
    @lock = Thread::Mutex.new
    @process = Process.pid

    class << self
      # [type, body]. Blocks: between invocations only threads of the function run.
      def read
        length = take(4).unpack1("N")
        exit!(1) if length < 1 || length > FRAME_BYTES_MAX
        frame = take(length)
        [frame.getbyte(0), frame.byteslice(1..)]
      end

      def write(type, body = "")
        frame = [1 + body.bytesize, type].pack("NC") << body.b
        # Nothing cuts a frame in two, a Timeout of the function's neither. Throws ThreadError where a signal's handler interrupts.
        Thread.handle_interrupt(Object => :never) { @lock.synchronize { @io.write(frame) } }
      rescue SystemCallError, IOError
        exit!(1)
      end

      # False in a process the function forked, which shares the channel but not the lock.
      def mine?
        Process.pid == @process
      end

      def log(text, level = RAW)
        text = text.encode("UTF-8", invalid: :replace, undef: :replace)
        text = text.scrub unless text.valid_encoding?
        return $stdout.write(text) unless mine?

        0.step(text.length - 1, EVENT_CHARACTERS_MAX) { |at| write(LOG, [level].pack("C") << text[at, EVENT_CHARACTERS_MAX].b) }
      rescue ThreadError # a signal's handler, which must not wait for the lock: its code may stand in the middle of a frame
        $stdout.write(text.end_with?("\n") ? text : "#{text}\n")
      end

      private

      def take(size)
        bytes = @io.read(size)
        # The engine closed the channel: nobody is left to work for.
        exit!(0) if bytes.nil? || bytes.bytesize < size
        bytes
      rescue SystemCallError, IOError
        exit!(0)
      end
    end
  end
end
