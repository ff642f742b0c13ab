// Reads JSON with System.Text.Json, which is in every .NET since Core 3.0, but not in what this assembly is compiled with: so by reflection.
// https://learn.microsoft.com/dotnet/api/system.text.json.jsonelement
using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;

namespace Evoke.Runtime
{
    /// <summary>A value, or nothing: what is asked of nothing is nothing again.</summary>
    sealed class Json
    {
        static readonly Assembly Library = Assembly.Load(new AssemblyName("System.Text.Json"));
        static readonly Type Document = Library.GetType("System.Text.Json.JsonDocument");
        static readonly Type Element = Library.GetType("System.Text.Json.JsonElement");

        readonly object element;

        Json(object element)
        {
            this.element = element;
        }

        /// <summary>Throws for what is no JSON, as AWS's does when a handler asks for it.</summary>
        public static Json Parse(string text)
        {
            if (string.IsNullOrWhiteSpace(text)) return new Json(null);
            var options = Library.GetType("System.Text.Json.JsonDocumentOptions");
            var document = Document.GetMethod("Parse", new[] { typeof(string), options }).Invoke(null, new[] { text, Activator.CreateInstance(options) });
            return new Json(Document.GetProperty("RootElement").GetValue(document, null));
        }

        public bool There { get { return element != null && Kind != "Null" && Kind != "Undefined"; } }

        string Kind { get { return Element.GetProperty("ValueKind").GetValue(element, null).ToString(); } }

        /// <summary>A string's characters, and anything else as it is written.</summary>
        public string Text { get { return There ? element.ToString() : null; } }

        public Json this[string name]
        {
            get
            {
                foreach (var member in Members) if (member.Key == name) return member.Value;
                return new Json(null);
            }
        }

        public IEnumerable<KeyValuePair<string, Json>> Members
        {
            get
            {
                if (element == null || Kind != "Object") yield break;
                foreach (var property in (IEnumerable)Element.GetMethod("EnumerateObject").Invoke(element, null))
                    yield return new KeyValuePair<string, Json>((string)property.GetType().GetProperty("Name").GetValue(property, null), new Json(property.GetType().GetProperty("Value").GetValue(property, null)));
            }
        }
    }
}
