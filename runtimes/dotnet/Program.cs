// Runs a class library's handler (Assembly::Type::Method) on the machine's own .NET, as AWS's managed runtime does.
// https://docs.aws.amazon.com/lambda/latest/dg/csharp-handler.html; the rules are those of aws/aws-lambda-dotnet, Amazon.Lambda.RuntimeSupport 1.14.
// Only what .NET Framework 4.5 already had is used, so that one small assembly runs on every .NET (its references are forwarded).
using System;
using System.IO;

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
            while (true) Once(api, log, code);
        }

        static void Once(RuntimeApi api, LogWriter log, UserCode code)
        {
            var invocation = api.Next();
            log.RequestId = invocation.RequestId;
            log.TraceId = invocation.TraceId;
            log.TenantId = invocation.TenantId;
            Environment.SetEnvironmentVariable("_X_AMZN_TRACE_ID", invocation.TraceId);
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
