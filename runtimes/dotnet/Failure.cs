// An exception as the payload of an error: errorType, errorMessage, stackTrace, cause, causes. Bounded at 256 KB, as AWS's.
using System;
using System.Linq;
using System.Text;

namespace Evoke.Runtime
{
    /// <summary>What is wrong with the handler itself: AWS names it LambdaValidationException.</summary>
    sealed class LambdaValidationException : Exception
    {
        public LambdaValidationException(string message) : base(message) { }
    }

    static class Failure
    {
        const int BytesMax = 256 * 1024;
        const string TooLarge = "{\"errorMessage\": \"Exception exceeded maximum payload size of 256KB.\"}";

        public static string TypeOf(Exception exception)
        {
            return exception.GetType().Name;
        }

        public static string Json(Exception exception)
        {
            var text = new StringBuilder();
            Append(text, exception);
            var json = text.ToString();
            return Encoding.UTF8.GetByteCount(json) > BytesMax ? TooLarge : json;
        }

        static void Append(StringBuilder text, Exception exception)
        {
            text.Append("{\"errorType\": ").Append(Quoted(TypeOf(exception)));
            text.Append(", \"errorMessage\": ").Append(Quoted(exception.Message));
            var frames = (exception.StackTrace ?? "").Split('\n').Select(line => line.Trim()).Where(line => line != "").ToArray();
            if (frames.Length > 0) text.Append(", \"stackTrace\": [").Append(string.Join(", ", frames.Select(Quoted))).Append("]");
            if (exception.InnerException != null && text.Length <= BytesMax)
            {
                text.Append(", \"cause\": ");
                Append(text, exception.InnerException);
            }
            var several = exception as AggregateException;
            if (several != null && text.Length <= BytesMax)
            {
                text.Append(", \"causes\": [");
                for (var i = 0; i < several.InnerExceptions.Count; i++)
                {
                    if (i > 0) text.Append(", ");
                    Append(text, several.InnerExceptions[i]);
                }
                text.Append("]");
            }
            text.Append("}");
        }

        public static string Quoted(string text)
        {
            var quoted = new StringBuilder("\"");
            foreach (var c in text ?? "")
            {
                if (c == '"' || c == '\\') quoted.Append('\\').Append(c);
                else if (c == '\n') quoted.Append("\\n");
                else if (c == '\r') quoted.Append("\\r");
                else if (c == '\t') quoted.Append("\\t");
                else if (c < ' ') quoted.Append("\\u").Append(((int)c).ToString("x4"));
                else quoted.Append(c);
            }
            return quoted.Append('"').ToString();
        }
    }
}
