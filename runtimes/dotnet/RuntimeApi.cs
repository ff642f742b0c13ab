// The Runtime API over HTTP: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading;

namespace Evoke.Runtime
{
    sealed class Invocation
    {
        public Stream Event;
        public string RequestId, Arn, TraceId, TenantId, ClientContext, CognitoIdentity;
        public DateTime DeadlineUtc;
    }

    sealed class RuntimeApi
    {
        readonly HttpClient http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan }; // an idle environment waits for as long as it is kept
        readonly string address;

        public RuntimeApi(string host)
        {
            address = "http://" + host + "/2018-06-01/runtime/";
        }

        public Invocation Next()
        {
            var answer = http.GetAsync(address + "invocation/next", HttpCompletionOption.ResponseContentRead).GetAwaiter().GetResult();
            answer.EnsureSuccessStatusCode();
            long deadlineMs;
            long.TryParse(Header(answer, "Lambda-Runtime-Deadline-Ms"), out deadlineMs);
            return new Invocation
            {
                Event = answer.Content.ReadAsStreamAsync().GetAwaiter().GetResult(),
                RequestId = Header(answer, "Lambda-Runtime-Aws-Request-Id"),
                Arn = Header(answer, "Lambda-Runtime-Invoked-Function-Arn"),
                TraceId = Header(answer, "Lambda-Runtime-Trace-Id"),
                TenantId = Header(answer, "Lambda-Runtime-Aws-Tenant-Id"),
                ClientContext = Header(answer, "Lambda-Runtime-Client-Context"),
                CognitoIdentity = Header(answer, "Lambda-Runtime-Cognito-Identity"),
                DeadlineUtc = new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddMilliseconds(deadlineMs),
            };
        }

        public void RestoreNext()
        {
            http.GetAsync(address + "restore/next").GetAwaiter().GetResult().EnsureSuccessStatusCode();
        }

        public void RestoreError(string type, string json)
        {
            Post("restore/error", Json(json), type);
        }

        public void Response(string requestId, MemoryStream answer)
        {
            answer.Position = 0;
            var content = new StreamContent(answer);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            Post("invocation/" + requestId + "/response", content, null);
        }

        public void Error(string requestId, string type, string json)
        {
            Post("invocation/" + requestId + "/error", Json(json), type);
        }

        public void InitError(string type, string json)
        {
            Post("init/error", Json(json), type);
        }

        /// <summary>What the other end refuses (an answer that is too large) it has told the caller itself.</summary>
        void Post(string path, HttpContent content, string errorType)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, address + path) { Content = content };
            if (errorType != null) request.Headers.TryAddWithoutValidation("Lambda-Runtime-Function-Error-Type", errorType);
            http.SendAsync(request).GetAwaiter().GetResult().Dispose();
        }

        static HttpContent Json(string text)
        {
            var content = new StringContent(text);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/vnd.aws.lambda.error+json");
            return content;
        }

        static string Header(HttpResponseMessage answer, string name)
        {
            IEnumerable<string> values;
            return answer.Headers.TryGetValues(name, out values) ? values.FirstOrDefault() : null;
        }
    }
}
