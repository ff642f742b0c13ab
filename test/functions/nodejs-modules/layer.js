import name from "layered";
export const handler = async () => name;
