// Runs a class library's handler (Assembly::Type::Method) on the machine's own .NET, as AWS's managed runtime does.
// https://docs.aws.amazon.com/lambda/latest/dg/csharp-handler.html; the rules are those of aws/aws-lambda-dotnet, Amazon.Lambda.RuntimeSupport 1.14.
// Only what .NET Framework 4.6 already had is used, so that one small assembly runs on every .NET (its references are forwarded).
using System;
using System.IO;
using System.Threading;

namespace Evoke.Runtime
{
    static class Program
    {
        static int Main(string[] arguments)
        {
            var api = new RuntimeApi(Environment.GetEnvironmentVariable("AWS_LAMBDA_RUNTIME_API"));
            var log = LogWriter.TakeOver();
            UserCode code;
            try
            {
                code = UserCode.Load(arguments.Length > 0 ? arguments[0] : Environment.GetEnvironmentVariable("_HANDLER"), log);
            }
            catch (Exception exception)
            {
                var cause = UserCode.Unwrapped(exception);
                log.Write("Critical", cause, "");
                api.InitError(Failure.TypeOf(cause), Failure.Json(cause));
                return 1;
            }
            if (SnapshotHooks.Wanted && !SnapshotHooks.Pass(api, log)) return 1;
            // On managed instances as many events at once as there may be, on threads that wait for them.
            for (var n = 1; Concurrent && n < int.Parse(Environment.GetEnvironmentVariable("AWS_LAMBDA_MAX_CONCURRENCY")); n++)
                new Thread(() => Loop(api, log, code)) { IsBackground = true }.Start();
            Loop(api, log, code);
            return 0;
        }

        static readonly bool Concurrent = Environment.GetEnvironmentVariable("AWS_LAMBDA_INITIALIZATION_TYPE") == "lambda-managed-instances";

        static void Loop(RuntimeApi api, LogWriter log, UserCode code)
        {
            while (true) Once(api, log, code);
        }

        static void Once(RuntimeApi api, LogWriter log, UserCode code)
        {
            var invocation = api.Next();
            log.Begin(invocation);
            if (!Concurrent) Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", invocation.TraceId); // else everybody's: the context has it
            var answer = new MemoryStream();
            try
            {
                code.Invoke(invocation, answer);
            }
            catch (Exception exception)
            {
                var cause = UserCode.Unwrapped(exception);
                log.Write("Error", cause, "");
                api.Error(invocation.RequestId, Failure.TypeOf(cause), Failure.Json(cause));
                return;
            }
            api.Response(invocation.RequestId, answer);
        }
    }
}
