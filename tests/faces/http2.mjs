// Requests over HTTP/2, one after the other, on one connection. Arguments: an origin, and the
// requests' headers as JSON. Prints the answers: headers, trailers, and the body's members.
import { connect } from "node:http2";

const [origin, requests] = process.argv.slice(2);
const session = connect(origin);
const answers = [];
for (const headers of JSON.parse(requests)) answers.push(await ask(headers));
session.close();
console.log(JSON.stringify(answers));

function ask(headers) {
  return new Promise((resolve, reject) => {
    const stream = session.request(headers);
    const parts = [];
    let answer = {};
    const take = (more) => (answer = { ...answer, ...more });
    stream.on("response", take).on("trailers", take).on("error", reject);
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      const body = Buffer.concat(parts).toString();
      resolve({ ...(body.startsWith("{") ? JSON.parse(body) : { body }), ...answer });
    });
    stream.end();
  });
}
