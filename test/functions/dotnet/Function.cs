// A class library as the .NET templates make it: handlers of every documented form.
using System;
using System.IO;
using System.Runtime.Serialization;
using System.Runtime.Serialization.Json;
using System.Text;
using System.Threading.Tasks;
using Amazon.Lambda.Core;

[assembly: LambdaSerializer(typeof(Space.Serializer))]

namespace Space
{
    public class Serializer : ILambdaSerializer
    {
        public T Deserialize<T>(Stream stream) { return (T)new DataContractJsonSerializer(typeof(T)).ReadObject(stream); }
        public void Serialize<T>(T value, Stream stream) { new DataContractJsonSerializer(typeof(T)).WriteObject(stream, value); }
    }

    [DataContract] public class Facts { [DataMember] public string Values { get; set; } } // the serializer hashes the types of lists, and old .NETs want an old OpenSSL for that
    [DataContract] public class Order { [DataMember] public string Name { get; set; } [DataMember] public int Count { get; set; } }

    public class Base { public string Inherited(string word) { return word + " from the base"; } }

    public class Function : Base
    {
        static int instances;
        int calls;
        public Function() { instances++; }

        public Order Doubled(Order order) { return new Order { Name = order.Name, Count = order.Count * 2 }; }
        public Stream Streamed(Stream input) { return input; }
        public static string Static(string word) { return word.ToUpperInvariant(); }
        public void Nothing() { }
        public async Task<Facts> About(Order given, ILambdaContext context)
        {
            await Task.Delay(1);
            calls++;
            var custom = context.ClientContext.Custom;
            return new Facts { Values = string.Join("|", new[] {
                context.AwsRequestId, context.FunctionName, context.FunctionVersion, context.InvokedFunctionArn, context.MemoryLimitInMB.ToString(),
                (context.RemainingTime.TotalSeconds > 1).ToString(), context.LogGroupName, (context.LogStreamName.Length > 5).ToString(), calls + " of " + instances,
                custom == null ? null : custom["a b"], context.ClientContext.Client == null ? null : context.ClientContext.Client.AppTitle,
                context.Identity.IdentityId, Environment.GetEnvironmentVariable("OWN"),
            }) };
        }
        public void Says(ILambdaContext context)
        {
            Console.WriteLine("on the console\nin two lines");
            Console.Error.WriteLine("an error");
            context.Logger.LogLine("by the logger");
            LambdaLogger.Log("by the static one");
        }
        public string Broken(string word) { throw new ArgumentException("no good: " + word, new InvalidOperationException("within")); }
        public async Task<string> BrokenLater(string word) { await Task.Delay(1); throw new TimeoutException("later: " + word); }
        public string Overloaded(string word) { return "a word"; }
        public string Overloaded(int number) { return "a number"; }
        public string Large(int length) { return new string('x', length); }
        public string Ends(string word) { Environment.Exit(3); return word; }
    }
    public class Snapped
    {
        static string passed = "";
        static Task Note(string what) { passed += what + " "; return Task.FromResult(0); }
        public Snapped()
        {
            foreach (var each in new[] { "1", "2" })
            {
                SnapshotRestore.RegisterBeforeSnapshot(() => Note("before" + each));
                SnapshotRestore.RegisterAfterRestore(() => Note("after" + each));
            }
            if (Environment.GetEnvironmentVariable("FAIL") != null) SnapshotRestore.RegisterAfterRestore(() => { throw new InvalidOperationException("not restored"); });
        }
        public string Passed(string word) { return passed; }
    }
    public class Unmakeable { public Unmakeable() { throw new InvalidOperationException("cannot be made"); } public string Any(string word) { return word; } }
}
