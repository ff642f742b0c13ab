// API destinations as other rooms reach them; what it takes is read at the first request.
import type { ApiDestinations } from "../../ports/api-destinations.ts";
import type { RoomPorts } from "../service.ts";

export function openApiDestinations(ports: () => RoomPorts): ApiDestinations {
  let opened: Promise<ApiDestinations> | undefined;
  return {
    async invoke(request) {
      opened ??= import("./destination-requests.ts").then(({ openDestinationRequests }) => openDestinationRequests(ports()));
      return (await opened).invoke(request);
    },
  };
}
