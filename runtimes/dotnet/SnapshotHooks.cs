// SnapStart's hooks: what a function registered with Amazon.Lambda.Core.SnapshotRestore runs before its snapshot, last registered first, and after it
// is restored, first registered first. https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-dotnet.html
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Threading.Tasks;

namespace Evoke.Runtime
{
    static class SnapshotHooks
    {
        public static bool Wanted { get { return Environment.GetEnvironmentVariable("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start"; } }

        /// <summary>Returns when the environment has been restored; false when a hook has failed, which is told.</summary>
        public static bool Pass(RuntimeApi api, LogWriter log)
        {
            try
            {
                foreach (var hook in Registered("BeforeSnapshotRegistry").Reverse()) Run(hook);
                api.RestoreNext();
            }
            catch (Exception exception)
            {
                return Failed(log, exception, "before snapshot hooks", api.InitError, "Runtime.BeforeSnapshotError");
            }
            try
            {
                foreach (var hook in Registered("AfterRestoreRegistry")) Run(hook);
                return true;
            }
            catch (Exception exception)
            {
                return Failed(log, exception, "after restore callables", api.RestoreError, "Runtime.AfterRestoreError");
            }
        }

        static bool Failed(LogWriter log, Exception exception, string hooks, Action<string, string> tell, string type)
        {
            var cause = UserCode.Unwrapped(exception);
            log.Write("Error", cause, "Failed to invoke " + hooks);
            tell(type, Failure.Json(cause));
            return false;
        }

        /// <summary>The queues are private, and their functions return ValueTask, which this assembly's compiler does not know.</summary>
        static IEnumerable<Delegate> Registered(string queue)
        {
            var core = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(assembly => assembly.GetName().Name == "Amazon.Lambda.Core");
            var registry = core == null ? null : core.GetType("Amazon.Lambda.Core.SnapshotRestore");
            var field = registry == null ? null : registry.GetField(queue, BindingFlags.NonPublic | BindingFlags.Static);
            return field == null ? new Delegate[0] : ((IEnumerable)field.GetValue(null)).Cast<Delegate>().ToArray();
        }

        static void Run(Delegate hook)
        {
            var returned = hook.DynamicInvoke();
            var task = returned as Task ?? returned.GetType().GetMethod("AsTask").Invoke(returned, null) as Task;
            task.GetAwaiter().GetResult();
        }
    }
}
