// A real HTTP server on loopback that publishes keys, and misbehaves when told to.
import { createServer } from "node:http";
import { once } from "node:events";

/** Starts one that answers with `keys`; set `answer` to something else to change its ways. */
export async function startKeyServer(keys, port = 0) {
  const server = createServer((request, response) => {
    state.requests.push({ method: request.method, url: request.url, headers: request.headers });
    state.answer(request, response);
  });
  const state = {
    requests: [],
    headers: {},
    keys,
    answer: (_, response) => {
      response.writeHead(200, { "content-type": "application/json", ...state.headers });
      response.end(JSON.stringify({ keys: state.keys.map(({ jwk }) => jwk) }));
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  state.port = server.address().port;
  state.uri = `http://127.0.0.1:${state.port}/jwks.json`;
  return state;
}
