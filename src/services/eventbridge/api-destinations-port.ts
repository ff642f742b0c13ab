// API destinations as other rooms reach them; what it takes is read at the first request.
import { once } from "../../kernel/once.ts";
import type { ApiDestinations } from "../../ports/api-destinations.ts";
import type { RoomPorts } from "../service.ts";

export function openApiDestinations(ports: () => RoomPorts): ApiDestinations {
  const opened = once(async () => (await import("./destination-requests.ts")).openDestinationRequests(ports()));
  return { invoke: async (request) => (await opened()).invoke(request) };
}
