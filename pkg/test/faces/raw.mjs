// HTTP as nobody's library would write it: what is sent is exactly what the test says.
import { once } from "node:events";
import { connect } from "node:net";

/** Sends one request to a port of loopback; headers are names and values by turns, letters are bytes. */
export async function send(port, { method, target, headers }) {
  const names = headers.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase());
  const all = [...(names.includes("host") ? [] : ["host", "orders.example"]), ...headers];
  if (!names.includes("connection")) all.push("connection", "close");
  const lines = all.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${all[at + 1]}`] : []));
  const socket = connect(port, "127.0.0.1");
  socket.write(Buffer.from([`${method} ${target} HTTP/1.1`, ...lines, "", ""].join("\r\n"), "latin1"));
  const parts = [];
  socket.on("data", (part) => {
    parts.push(part);
    if (isWhole(Buffer.concat(parts).toString("latin1"), method)) socket.end();
  });
  await once(socket, "close");
  return parse(Buffer.concat(parts).toString("utf8"));
}

/** Whether everything that was announced has come. */
function isWhole(text, method) {
  const end = text.indexOf("\r\n\r\n");
  if (method === "HEAD") return end >= 0;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1];
  return end >= 0 && length !== undefined && text.length - end - 4 >= Number(length);
}

function parse(text) {
  const end = text.indexOf("\r\n\r\n");
  const [line, ...lines] = text.slice(0, end).split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const raw = text.slice(end + 4);
  const body = headers["transfer-encoding"] === "chunked" ? raw.replace(/^[0-9a-f]+\r\n/, "").replace(/\r\n0\r\n\r\n$/, "") : raw;
  return { status: Number(line?.split(" ")[1]), headers, body };
}
