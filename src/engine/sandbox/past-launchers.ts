// A function's variables on their way past the programs that start it, which must not obey them: with LD_PRELOAD the launching shell, bubblewrap
// or setpriv would load code of the function's, outside of the sandbox and as the platform's user.

/** Those programs see the variables under names that mean nothing; the last shell, inside and without privileges, gives them their own. */
export function pastLaunchers(argv: string[], env: Record<string, string>): { argv: string[]; env: Record<string, string> } {
  const pairs = Object.entries(env).map(([name, value], at) => [`EVOKE_${at}`, `${name}=${value}`] as const);
  const given = pairs.map(([name]) => `"$${name}"`).join(" ");
  return {
    argv: ["/bin/sh", "-c", `exec /usr/bin/env -i ${given} "$@"`, "sh", ...argv],
    env: Object.fromEntries(pairs),
  };
}
