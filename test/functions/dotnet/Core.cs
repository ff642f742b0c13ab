// The part of the package Amazon.Lambda.Core that handlers name: the test functions are compiled with it, as no registry of these machines has the package.
using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;

namespace Amazon.Lambda.Core
{
    public interface IClientApplication { string AppTitle { get; } string InstallationId { get; } }
    public interface IClientContext { IDictionary<string, string> Environment { get; } IClientApplication Client { get; } IDictionary<string, string> Custom { get; } }
    public interface ICognitoIdentity { string IdentityId { get; } string IdentityPoolId { get; } }
    public interface ILambdaLogger { void Log(string message); void LogLine(string message); }
    public interface ILambdaContext
    {
        string AwsRequestId { get; }
        IClientContext ClientContext { get; }
        string FunctionName { get; }
        string FunctionVersion { get; }
        ICognitoIdentity Identity { get; }
        string InvokedFunctionArn { get; }
        ILambdaLogger Logger { get; }
        string LogGroupName { get; }
        string LogStreamName { get; }
        int MemoryLimitInMB { get; }
        TimeSpan RemainingTime { get; }
    }
    public interface ILambdaSerializer { T Deserialize<T>(Stream requestStream); void Serialize<T>(T response, Stream responseStream); }
    [AttributeUsage(AttributeTargets.Assembly | AttributeTargets.Method)]
    public class LambdaSerializerAttribute : Attribute
    {
        public Type SerializerType { get; set; }
        public LambdaSerializerAttribute(Type serializerType) { SerializerType = serializerType; }
    }
    public static class SnapshotRestore
    {
        static readonly ConcurrentQueue<Func<Task>> BeforeSnapshotRegistry = new ConcurrentQueue<Func<Task>>(); // the package has ValueTask, which mcs lacks
        static readonly ConcurrentQueue<Func<Task>> AfterRestoreRegistry = new ConcurrentQueue<Func<Task>>();
        public static void RegisterBeforeSnapshot(Func<Task> hook) { BeforeSnapshotRegistry.Enqueue(hook); }
        public static void RegisterAfterRestore(Func<Task> hook) { AfterRestoreRegistry.Enqueue(hook); }
    }
    public static class LambdaLogger
    {
        static Action<string> _loggingAction = Console.WriteLine;
        public static void Log(string message) { _loggingAction(message); }
    }
}
