// Every request that leaves the page goes through here and is shown at the foot of the page:
// what is not in that list happened in the browser alone.

const calls = [];
const listeners = new Set();

/** `fetch`, written down: method, path, status (0 where no answer came) and milliseconds. */
export async function observedFetch(input, init = {}) {
  const target = new URL(input instanceof Request ? input.url : input, location.href);
  const method = init.method ?? (input instanceof Request ? input.method : "GET");
  const began = performance.now();
  let status = 0;
  try {
    const response = await fetch(input, init);
    status = response.status;
    return response;
  } finally {
    const path = target.origin === location.origin ? target.pathname : target.href;
    calls.push({ method, path, status, milliseconds: performance.now() - began, at: new Date() });
    listeners.forEach((listener) => listener(calls));
  }
}

/** Calls `listener` with all requests so far, now and after each further one. */
export function onCalls(listener) {
  listeners.add(listener);
  listener(calls);
}
