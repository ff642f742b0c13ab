const value = await new Promise((resolve) => setTimeout(() => resolve("awaited"), 5));
export const handler = async () => value;
export default { other: async () => "default" };
