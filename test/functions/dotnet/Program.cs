// An executable assembly: it speaks the Runtime API itself, as Amazon.Lambda.RuntimeSupport does, and answers what it is sent.
using System;
using System.Linq;
using System.Net.Http;

static class Program
{
    static void Main()
    {
        var http = new HttpClient();
        var api = "http://" + Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/";
        while (true)
        {
            var next = http.GetAsync(api + "next").Result;
            var id = next.Headers.GetValues("Lambda-Runtime-Aws-Request-Id").First();
            Console.WriteLine("runs in " + Environment.GetEnvironmentVariable("LAMBDA_TASK_ROOT"));
            http.PostAsync(api + id + "/response", new ByteArrayContent(next.Content.ReadAsByteArrayAsync().Result)).Wait();
        }
    }
}
