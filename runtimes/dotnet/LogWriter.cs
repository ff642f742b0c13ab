// What a function says on the console or through ILambdaLogger, in AWS's formats: one event per line written, its end of line included.
// https://docs.aws.amazon.com/lambda/latest/dg/csharp-logging.html
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using Microsoft.Win32.SafeHandles;

namespace Evoke.Runtime
{
    sealed class LogWriter
    {
        static readonly string[] Levels = { "Trace", "Debug", "Information", "Warning", "Error", "Critical" };
        static readonly string[] Labels = { "trce", "dbug", "info", "warn", "fail", "crit" };
        static readonly Regex Parameter = new Regex(@"\{\{|\}\}|\{(?<name>[^{}:,]+)(?<rest>[^{}]*)\}", RegexOptions.CultureInvariant);

        readonly object turn = new object();
        readonly bool json = "JSON".Equals(Setting("FORMAT"), StringComparison.OrdinalIgnoreCase);
        readonly bool bare = "Unformatted".Equals(Setting("FORMAT"), StringComparison.OrdinalIgnoreCase);
        readonly int levelMin = LevelOf(Setting("LEVEL"), 2);
        readonly Stream frames;
        readonly TextWriter console;

        /// <summary>Follows a handler across its awaits, where several run at once.</summary>
        readonly AsyncLocal<Invocation> current = new AsyncLocal<Invocation>();

        string RequestId { get { return current.Value == null ? null : current.Value.RequestId; } }
        string TraceId { get { return current.Value == null ? null : current.Value.TraceId; } }
        string TenantId { get { return current.Value == null ? null : current.Value.TenantId; } }

        public void Begin(Invocation invocation)
        {
            current.Value = invocation;
        }

        LogWriter(Stream frames, TextWriter console)
        {
            this.frames = frames;
            this.console = console;
        }

        public static LogWriter TakeOver()
        {
            var descriptor = Environment.GetEnvironmentVariable("_LAMBDA_TELEMETRY_LOG_FD");
            var log = new LogWriter(descriptor == null ? null : new FileStream(new SafeFileHandle(new IntPtr(int.Parse(descriptor)), false), FileAccess.Write, 1), Console.Out);
            Console.SetOut(new LineWriter(log, "Information"));
            Console.SetError(new LineWriter(log, "Error"));
            return log;
        }

        /// <summary>The function's own LambdaLogger has private fields for whoever runs it.</summary>
        public void Serve(Assembly core)
        {
            var logger = core.GetType("Amazon.Lambda.Core.LambdaLogger");
            if (logger == null) return;
            Set(logger, "_loggingAction", (Action<string>)(message => Write("Information", null, message)));
            Set(logger, "_loggingWithLevelAction", (Action<string, string, object[]>)((level, message, values) => Write(level, null, message, values)));
            Set(logger, "_loggingWithLevelAndExceptionAction", (Action<string, Exception, string, object[]>)((level, exception, message, values) => Write(level, exception, message, values)));
        }

        static void Set(Type logger, string name, object action)
        {
            var field = logger.GetField(name, BindingFlags.NonPublic | BindingFlags.Static);
            if (field != null) field.SetValue(null, action);
        }

        public void Write(string level, Exception exception, string template, params object[] values)
        {
            var at = LevelOf(level, 2);
            if (at < levelMin) return;
            var time = DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            var message = Filled(template ?? "", values);
            if (json) WriteRaw(Json(time, Levels[at], exception, message, template ?? "", values) + "\n");
            else
            {
                var text = exception == null ? message : message == "" ? exception.ToString() : message + "\n" + exception;
                WriteRaw((bare ? text : time + "\t" + RequestId + "\t" + Labels[at] + "\t" + text) + "\n");
            }
        }

        public void WriteRaw(string text)
        {
            lock (turn)
            {
                if (frames == null) { console.Write(text); console.Flush(); return; }
                var bytes = Encoding.UTF8.GetBytes(text);
                var head = BigEndian(json ? 0xa55a0002u : 0xa55a0003u).Concat(BigEndian((uint)bytes.Length)).Concat(BigEndianLong((DateTime.UtcNow.Ticks - new DateTime(1970, 1, 1).Ticks) / 10));
                var frame = head.Concat(bytes).ToArray();
                frames.Write(frame, 0, frame.Length);
                frames.Flush();
            }
        }

        string Json(string time, string level, Exception exception, string message, string template, object[] values)
        {
            var members = new List<string> { Pair("timestamp", time), Pair("level", level) };
            if (!string.IsNullOrEmpty(RequestId)) members.Add(Pair("requestId", RequestId));
            if (!string.IsNullOrEmpty(TenantId)) members.Add(Pair("tenantId", TenantId));
            if (!string.IsNullOrEmpty(TraceId)) members.Add(Pair("traceId", TraceId));
            members.Add(Pair("message", message));
            var names = Parameter.Matches(template).Cast<Match>().Where(match => match.Groups["name"].Success).Select(match => match.Groups["name"].Value.TrimStart('@')).ToArray();
            for (var i = 0; i < names.Length && i < values.Length; i++)
            {
                var value = values[i];
                if (value != null) members.Add(Failure.Quoted(names[i]) + ":" + (IsNumber(value) ? Convert.ToString(value, CultureInfo.InvariantCulture) : value is bool ? ((bool)value ? "true" : "false") : Failure.Quoted(Text(value))));
            }
            if (exception != null)
            {
                members.Add(Pair("errorType", exception.GetType().FullName));
                members.Add(Pair("errorMessage", exception.Message));
                members.Add("\"stackTrace\":[" + string.Join(",", exception.ToString().Split('\n').Select(line => Failure.Quoted(line.Trim()))) + "]");
            }
            return "{" + string.Join(",", members) + "}";
        }

        /// <summary>Named parameters are filled in their order, numbered ones by their number; what has no value stays as it is.</summary>
        static string Filled(string template, object[] values)
        {
            if (values == null || values.Length == 0) return template;
            var next = 0;
            return Parameter.Replace(template, match =>
            {
                if (!match.Groups["name"].Success) return match.Value.Substring(0, 1);
                int number;
                var at = int.TryParse(match.Groups["name"].Value, out number) ? number : next++;
                if (at >= values.Length) return match.Value;
                var format = match.Groups["rest"].Value.TrimStart(':');
                var formattable = values[at] as IFormattable;
                return formattable != null && format != "" ? formattable.ToString(format, CultureInfo.InvariantCulture) : Text(values[at]);
            });
        }

        static string Text(object value)
        {
            return Convert.ToString(value, CultureInfo.InvariantCulture);
        }

        static bool IsNumber(object value)
        {
            return value is sbyte || value is byte || value is short || value is ushort || value is int || value is uint || value is long || value is ulong || value is decimal
                || value is double && !double.IsNaN((double)value) && !double.IsInfinity((double)value) || value is float && !float.IsNaN((float)value) && !float.IsInfinity((float)value);
        }

        static string Pair(string name, string value)
        {
            return "\"" + name + "\":" + Failure.Quoted(value);
        }

        static string Setting(string name)
        {
            var own = Environment.GetEnvironmentVariable("AWS_LAMBDA_HANDLER_LOG_" + name);
            return string.IsNullOrEmpty(own) ? Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_" + name) : own;
        }

        static int LevelOf(string name, int otherwise)
        {
            if ("fatal".Equals(name, StringComparison.OrdinalIgnoreCase)) return 5;
            if ("warn".Equals(name, StringComparison.OrdinalIgnoreCase)) return 3;
            if ("info".Equals(name, StringComparison.OrdinalIgnoreCase)) return 2;
            var found = Array.FindIndex(Levels, level => level.Equals(name, StringComparison.OrdinalIgnoreCase));
            return found < 0 ? otherwise : found;
        }

        static IEnumerable<byte> BigEndian(uint value)
        {
            return BitConverter.GetBytes(value).Reverse();
        }

        static IEnumerable<byte> BigEndianLong(long value)
        {
            return BitConverter.GetBytes(value).Reverse();
        }

        /// <summary>Console.Write gathers until the line ends; whatever is written as a line is one event, also with ends of lines in it.</summary>
        sealed class LineWriter : TextWriter
        {
            readonly LogWriter log;
            readonly string level;

            public LineWriter(LogWriter log, string level)
            {
                this.log = log;
                this.level = level;
                CoreNewLine = new[] { '\n' };
            }

            public override Encoding Encoding { get { return Encoding.UTF8; } }
            public override void Write(char value) { log.WriteRaw(value.ToString()); }
            public override void Write(char[] buffer, int index, int count) { log.WriteRaw(new string(buffer, index, count)); }
            public override void Write(string value) { if (!string.IsNullOrEmpty(value)) log.WriteRaw(value); }
            public override void WriteLine() { log.Write(level, null, ""); }
            public override void WriteLine(string value) { log.Write(level, null, value); }
            public override void WriteLine(object value) { log.Write(level, null, value == null ? "" : value.ToString()); }
            public override void WriteLine(char[] buffer, int index, int count) { log.Write(level, null, new string(buffer, index, count)); }
            public override void WriteLine(char value) { log.Write(level, null, value.ToString()); }
            public override void WriteLine(bool value) { log.Write(level, null, value.ToString()); }
            public override void WriteLine(int value) { log.Write(level, null, Text(value)); }
            public override void WriteLine(uint value) { log.Write(level, null, Text(value)); }
            public override void WriteLine(long value) { log.Write(level, null, Text(value)); }
            public override void WriteLine(ulong value) { log.Write(level, null, Text(value)); }
            public override void WriteLine(float value) { log.Write(level, null, Text(value)); }
            public override void WriteLine(double value) { log.Write(level, null, Text(value)); }
            public override void WriteLine(decimal value) { log.Write(level, null, Text(value)); }
            public override void WriteLine(string format, object first) { log.Write(level, null, string.Format(format, first)); }
            public override void WriteLine(string format, object first, object second) { log.Write(level, null, string.Format(format, first, second)); }
            public override void WriteLine(string format, object first, object second, object third) { log.Write(level, null, string.Format(format, first, second, third)); }
            public override void WriteLine(string format, params object[] values) { log.Write(level, null, string.Format(format, values)); }
        }
    }
}
