// The interfaces a handler is given (ILambdaContext and what hangs on it) are of the function's own Amazon.Lambda.Core, whichever version it
// brings: their implementations are made when they are needed, member by member, from what is known by name.
using System;
using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Emit;

namespace Evoke.Runtime
{
    /// <summary>Answers a member of an interface: its name and arguments; null for what is not known, which becomes the type's default.</summary>
    public delegate object Answer(MethodInfo method, object[] arguments);

    public static class Interfaces
    {
        static readonly ModuleBuilder Module = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("Evoke.Runtime.Interfaces"), AssemblyBuilderAccess.Run).DefineDynamicModule("main");
        static readonly Dictionary<Type, Implementation> Made = new Dictionary<Type, Implementation>();

        sealed class Implementation
        {
            public ConstructorInfo Constructor;
            public MethodInfo[] Members;
        }

        /// <summary>Members that have a body of their own are left to it, unless they are among <paramref name="own"/>.</summary>
        public static object Implement(Type type, Func<MethodInfo, bool> own, Answer answer)
        {
            Implementation made;
            lock (Made) if (!Made.TryGetValue(type, out made)) Made[type] = made = Make(type, own);
            return made.Constructor.Invoke(new object[] { made.Members, answer });
        }

        static Implementation Make(Type type, Func<MethodInfo, bool> own)
        {
            var made = Module.DefineType("Implementation" + Made.Count, TypeAttributes.Public | TypeAttributes.Class, typeof(object), new[] { type });
            var membersField = made.DefineField("members", typeof(MethodInfo[]), FieldAttributes.Private);
            var answerField = made.DefineField("answer", typeof(Answer), FieldAttributes.Private);
            var constructor = made.DefineConstructor(MethodAttributes.Public, CallingConventions.Standard, new[] { typeof(MethodInfo[]), typeof(Answer) });
            var code = constructor.GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Call, typeof(object).GetConstructor(Type.EmptyTypes));
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_1);
            code.Emit(OpCodes.Stfld, membersField);
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldarg_2);
            code.Emit(OpCodes.Stfld, answerField);
            code.Emit(OpCodes.Ret);
            var members = new[] { type }.Concat(type.GetInterfaces()).SelectMany(one => one.GetMethods()).Where(method => !method.IsStatic && !method.IsGenericMethod && (method.IsAbstract || own(method))).ToArray();
            for (var i = 0; i < members.Length; i++) AddMember(made, membersField, answerField, members[i], i);
            return new Implementation { Constructor = made.CreateType().GetConstructor(new[] { typeof(MethodInfo[]), typeof(Answer) }), Members = members };
        }

        static void AddMember(TypeBuilder made, FieldInfo membersField, FieldInfo answerField, MethodInfo member, int index)
        {
            var parameters = member.GetParameters().Select(parameter => parameter.ParameterType).ToArray();
            var method = made.DefineMethod(member.Name + "_" + index, MethodAttributes.Public | MethodAttributes.Virtual | MethodAttributes.HideBySig, member.ReturnType, parameters);
            var code = method.GetILGenerator();
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldfld, membersField);
            code.Emit(OpCodes.Ldc_I4, index);
            code.Emit(OpCodes.Ldarg_0);
            code.Emit(OpCodes.Ldfld, answerField);
            code.Emit(OpCodes.Ldc_I4, parameters.Length);
            code.Emit(OpCodes.Newarr, typeof(object));
            for (var i = 0; i < parameters.Length; i++)
            {
                code.Emit(OpCodes.Dup);
                code.Emit(OpCodes.Ldc_I4, i);
                code.Emit(OpCodes.Ldarg, i + 1);
                if (parameters[i].IsValueType) code.Emit(OpCodes.Box, parameters[i]);
                code.Emit(OpCodes.Stelem_Ref);
            }
            code.Emit(OpCodes.Call, typeof(Interfaces).GetMethod("Ask"));
            if (member.ReturnType == typeof(void)) code.Emit(OpCodes.Pop);
            else if (member.ReturnType.IsValueType) code.Emit(OpCodes.Unbox_Any, member.ReturnType);
            else code.Emit(OpCodes.Castclass, member.ReturnType);
            code.Emit(OpCodes.Ret);
            made.DefineMethodOverride(method, member);
        }

        /// <summary>Called by what is made here.</summary>
        public static object Ask(MethodInfo[] members, int index, Answer answer, object[] arguments)
        {
            var member = members[index];
            var found = answer(member, arguments);
            return found == null && member.ReturnType.IsValueType && member.ReturnType != typeof(void) ? Activator.CreateInstance(member.ReturnType) : found;
        }
    }
}
