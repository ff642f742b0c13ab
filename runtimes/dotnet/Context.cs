// ILambdaContext: https://docs.aws.amazon.com/lambda/latest/dg/csharp-context.html
using System;
using System.Collections.Generic;
using System.Reflection;

namespace Evoke.Runtime
{
    static class Context
    {
        public static object Of(Type contextType, Invocation invocation, object serializer, LogWriter log)
        {
            return Interfaces.Implement(contextType, IsProperty, (member, _) =>
            {
                switch (member.Name)
                {
                    case "get_AwsRequestId": return invocation.RequestId;
                    case "get_InvokedFunctionArn": return invocation.Arn;
                    case "get_TraceId": return invocation.TraceId;
                    case "get_TenantId": return invocation.TenantId;
                    case "get_FunctionName": return Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_NAME");
                    case "get_FunctionVersion": return Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_VERSION");
                    case "get_LogGroupName": return Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_GROUP_NAME");
                    case "get_LogStreamName": return Environment.GetEnvironmentVariable("AWS_LAMBDA_LOG_STREAM_NAME");
                    case "get_MemoryLimitInMB": return int.Parse(Environment.GetEnvironmentVariable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE") ?? "0");
                    case "get_RemainingTime": return invocation.DeadlineUtc - DateTime.UtcNow;
                    case "get_Serializer": return serializer;
                    case "get_Logger": return Interfaces.Implement(member.ReturnType, IsLog, (method, arguments) => Log(log, method, arguments));
                    case "get_Identity": return Named(member.ReturnType, Json.Parse(invocation.CognitoIdentity), new Dictionary<string, string> { { "get_IdentityId", "cognitoIdentityId" }, { "get_IdentityPoolId", "cognitoIdentityPoolId" } });
                    case "get_ClientContext": return ClientContext(member.ReturnType, Json.Parse(invocation.ClientContext));
                    default: return null;
                }
            });
        }

        static bool IsProperty(MethodInfo method)
        {
            return method.Name.StartsWith("get_");
        }

        /// <summary>LogInformation and the like come down to these by bodies of their own.</summary>
        static bool IsLog(MethodInfo method)
        {
            return method.Name == "LogLine" || method.Name == "Log" && method.GetParameters()[0].ParameterType == typeof(string);
        }

        static object Log(LogWriter log, MethodInfo method, object[] arguments)
        {
            if (method.Name == "LogLine") log.Write("Information", null, (string)arguments[0]);
            else if (arguments.Length == 1) log.WriteRaw((string)arguments[0]);
            else if (arguments.Length == 4) log.Write((string)arguments[0], (Exception)arguments[1], (string)arguments[2], (object[])arguments[3]);
            else log.Write((string)arguments[0], null, (string)arguments[1], arguments.Length > 2 ? (object[])arguments[2] : new object[0]);
            return null;
        }

        static object ClientContext(Type type, Json json)
        {
            return Interfaces.Implement(type, IsProperty, (member, _) =>
            {
                switch (member.Name)
                {
                    case "get_Environment": return Dictionary(json["env"]);
                    case "get_Custom": return Dictionary(json["custom"]);
                    case "get_Client": return !json["client"].There ? null : Named(member.ReturnType, json["client"], new Dictionary<string, string>
                    {
                        { "get_AppPackageName", "app_package_name" }, { "get_AppTitle", "app_title" }, { "get_AppVersionCode", "app_version_code" },
                        { "get_AppVersionName", "app_version_name" }, { "get_InstallationId", "installation_id" },
                    });
                    default: return null;
                }
            });
        }

        static object Named(Type type, Json json, Dictionary<string, string> names)
        {
            return Interfaces.Implement(type, IsProperty, (member, _) =>
            {
                string name;
                return names.TryGetValue(member.Name, out name) ? json[name].Text : null;
            });
        }

        static IDictionary<string, string> Dictionary(Json json)
        {
            if (!json.There) return null;
            var dictionary = new Dictionary<string, string>();
            foreach (var member in json.Members) dictionary[member.Key] = member.Value.Text;
            return dictionary;
        }
    }
}
