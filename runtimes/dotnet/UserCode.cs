// Finds the handler (Assembly::Type::Method), its serializer, and calls it. The sentences are AWS's.
// https://docs.aws.amazon.com/lambda/latest/dg/csharp-handler.html
using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Threading.Tasks;

namespace Evoke.Runtime
{
    sealed class UserCode
    {
        const BindingFlags Own = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;
        const string Core = "Amazon.Lambda.Core.";

        readonly MethodInfo method;
        readonly object instance, serializer;
        readonly LogWriter log;
        readonly Type inputType, contextType, outputType;

        UserCode(string assemblyName, Assembly assembly, Type type, MethodInfo method, LogWriter log)
        {
            this.method = method;
            this.log = log;
            Validate(type);
            if (method.IsStatic) RuntimeHelpers.RunClassConstructor(type.TypeHandle);
            else instance = Activator.CreateInstance(type);
            serializer = Serializer(assembly);
            var parameters = method.GetParameters().Select(parameter => parameter.ParameterType).ToArray();
            if (parameters.Length > 2) throw Invalid("Method '{0}' of type '{1}' is not supported: the method has more than 2 parameters.", method.Name, type.FullName);
            if (parameters.Length == 2 && !IsContext(parameters[1])) throw Invalid("Method '{0}' of type '{1}' is not supported: the method has 2 parameters, but the second parameter is not of type '{2}'.", method.Name, type.FullName, Core + "ILambdaContext");
            contextType = parameters.LastOrDefault(IsContext);
            inputType = parameters.Length > 0 && parameters[0] != contextType ? parameters[0] : null;
            outputType = OutputType(method.ReturnType);
            Needs(assemblyName, inputType, "deserialize input");
            Needs(assemblyName, outputType, "serialize output");
        }

        public static UserCode Load(string handler, LogWriter log)
        {
            if (string.IsNullOrEmpty(handler)) throw Invalid("Empty lambda function handler. The valid format is 'ASSEMBLY::TYPE::METHOD'.");
            var parts = handler.Split(new[] { "::" }, 3, StringSplitOptions.None).Select(part => part.Trim()).ToArray();
            if (parts.Length != 3) throw Invalid("Invalid lambda function handler: '{0}'. The valid format is 'ASSEMBLY::TYPE::METHOD'.", handler);
            var missing = Array.FindIndex(parts, part => part == "");
            if (missing >= 0) throw Invalid("Invalid lambda function handler: '{0}', the {1} is missing. The valid format is 'ASSEMBLY::TYPE::METHOD'.", handler, new[] { "assembly", "type", "method" }[missing]);
            AppDomain.CurrentDomain.AssemblyLoad += (_, loaded) => { if (loaded.LoadedAssembly.GetName().Name == "Amazon.Lambda.Core") log.Serve(loaded.LoadedAssembly); };
            var assembly = LoadAssembly(parts[0]);
            var type = assembly.GetType(parts[1]);
            if (type == null) throw Invalid("Unable to load type '{0}' from assembly '{1}'.", parts[1], parts[0]);
            var method = Find(type, parts[2]);
            if (method == null) throw Invalid("Unable to find method '{0}' in type '{1}' from assembly '{2}': Found no methods matching method name '{0}'.", parts[2], parts[1], parts[0]);
            return new UserCode(parts[0], assembly, type, method, log);
        }

        public void Invoke(Invocation invocation, Stream answer)
        {
            var arguments = method.GetParameters().Select(parameter =>
                parameter.ParameterType == contextType ? Context.Of(contextType, invocation, serializer, log)
                : inputType == typeof(Stream) ? invocation.Event
                : Deserialize(invocation.Event)).ToArray();
            var result = method.Invoke(instance, arguments);
            var task = result as Task;
            if (task != null)
            {
                task.GetAwaiter().GetResult();
                result = outputType == null ? null : TaskType(method.ReturnType).GetProperty("Result").GetValue(result, null);
            }
            if (outputType == null) return;
            var stream = result as Stream;
            if (typeof(Stream).IsAssignableFrom(outputType)) { if (stream != null) using (stream) stream.CopyTo(answer); }
            else SerializerMethod("Serialize").MakeGenericMethod(outputType).Invoke(serializer, new[] { result, answer });
        }

        object Deserialize(Stream input)
        {
            return SerializerMethod("Deserialize").MakeGenericMethod(inputType).Invoke(serializer, new object[] { input });
        }

        /// <summary>What reflection and tasks wrap around a function's own exception is taken off.</summary>
        public static Exception Unwrapped(Exception exception)
        {
            while (exception is TargetInvocationException && exception.InnerException != null) exception = exception.InnerException;
            return exception;
        }

        static Assembly LoadAssembly(string name)
        {
            try
            {
                return Assembly.Load(new AssemblyName(name));
            }
            catch (FileNotFoundException missing)
            {
                throw Invalid("Could not find the specified handler assembly with the file name '{0}'. The assembly should be located in the root of your uploaded .zip file.", missing.FileName);
            }
            catch (Exception)
            {
                throw Invalid("Unable to load assembly '{0}'.", name);
            }
        }

        /// <summary>AWS also takes a method's whole signature, where it has overloads; but a signature has blanks, and a handler can have none.</summary>
        static MethodInfo Find(Type type, string name)
        {
            for (var at = type; at != null; at = at.BaseType)
            {
                var named = at.GetMethods(Own).Where(method => method.Name == name).ToArray();
                if (named.Length > 1)
                    throw Invalid("The method '{0}' in type '{1}' appears to have a number of overloads. To call this method please specify a complete method signature. Possible candidates are:\n{2}.", name, at.FullName, string.Join("\n", named.Select(method => method.ToString())));
                if (named.Length == 1) return named[0];
            }
            return null;
        }

        void Validate(Type type)
        {
            if (method.IsAbstract) throw Invalid("The method '{0}' cannot be used as a Lambda Handler because it is an abstract method. Handler methods cannot be abstract. Please specify a non-abstract handler method.", method);
            if (method.IsGenericMethod) throw Invalid("The method '{0}' cannot be used as a Lambda Handler because it is a generic method. Handler methods cannot be generic. Please specify a non-generic handler method.", method);
            if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute), false)) throw Invalid("The method '{0}' cannot be used as a Lambda Handler because it is an 'async void' method. Handler methods cannot be 'async void'. Please specify a method that is not 'async void'.", method);
            if (method.GetParameters().Any(parameter => parameter.IsDefined(typeof(ParamArrayAttribute), false))) throw Invalid("The method '{0}' cannot be used as a Lambda Handler because it is a 'params' method. Please specify a method that does not use 'params'.", method);
            if (type.IsGenericType) throw Invalid("The type '{0}' cannot be used as a Lambda Handler type because it is generic. Handler methods cannot be located in generic types. Please specify a handler method in a non-generic type.", type.FullName);
            if (!method.IsStatic && type.IsAbstract) throw Invalid("The instance method '{0}' cannot be used as a Lambda Handler because its type '{1}' is abstract. Please either use a static handler or specify a type that is not abstract.", method, type.FullName);
        }

        object Serializer(Assembly assembly)
        {
            var attribute = method.GetCustomAttributes(true).Concat(assembly.GetCustomAttributes(true)).FirstOrDefault(IsSerializerAttribute);
            if (attribute == null) return null;
            var property = attribute.GetType().GetProperty("SerializerType");
            var type = property == null ? null : property.GetValue(attribute, null) as Type;
            if (type == null) throw Invalid("The 'SerializerType' property on attribute class '{0}' is not set.", attribute.GetType().FullName);
            if (type.GetConstructor(Type.EmptyTypes) == null) throw Invalid("The indicated serializer '{0}' does not define a public zero-parameter constructor.", type.FullName);
            if (type.GetInterface(Core + "ILambdaSerializer") == null) throw Invalid("The '{0}' class is invalid: it does not implement the 'ILambdaSerializer' interface.", type.FullName);
            return Activator.CreateInstance(type);
        }

        static bool IsSerializerAttribute(object attribute)
        {
            for (var type = attribute.GetType(); type != null; type = type.BaseType) if (type.FullName == Core + "LambdaSerializerAttribute") return true;
            return false;
        }

        MethodInfo SerializerMethod(string name)
        {
            return serializer.GetType().GetInterface(Core + "ILambdaSerializer").GetMethod(name);
        }

        void Needs(string assemblyName, Type type, string what)
        {
            if (type == null || typeof(Stream).IsAssignableFrom(type) || serializer != null) return;
            throw Invalid("Could not find the LambdaSerializerAttribute on the assembly '{0}' or method '{1}' while attempting to {2} data of type '{3}'. To use types other than System.IO.Stream as input/output parameters, the assembly or Lambda function should be annotated with {4}.",
                assemblyName, method.Name, what, type.FullName, Core + "LambdaSerializerAttribute");
        }

        static bool IsContext(Type type)
        {
            return type.FullName == Core + "ILambdaContext";
        }

        /// <summary>Null where nothing is answered: void, and a task of nothing.</summary>
        static Type OutputType(Type returned)
        {
            var task = TaskType(returned);
            if (task != null) return task.GetGenericArguments()[0];
            return returned == typeof(void) || typeof(Task).IsAssignableFrom(returned) ? null : returned;
        }

        static Type TaskType(Type type)
        {
            for (; type != null; type = type.BaseType) if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)) return type;
            return null;
        }

        static Exception Invalid(string sentence, params object[] values)
        {
            return new LambdaValidationException(string.Format(sentence, values));
        }
    }
}
