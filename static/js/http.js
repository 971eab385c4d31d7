// Requests to our own server: the CSRF token goes along, a refusal becomes a Problem.

/** What the server refused, or a connection that failed (status 0). */
export class Problem extends Error {
  constructor(status, body) {
    super(body.message || "Something went wrong. Please try again.");
    this.name = "Problem";
    this.status = status;
    this.code = body.code || "failed";
    this.body = body;
  }
}

export function csrfToken() {
  return document.querySelector('meta[name="csrf-token"]')?.content ?? "";
}

/**
 * Send JSON (or a FormData, or raw bytes) and get JSON; null when the answer has no body.
 * @throws {Problem}
 */
export async function send(method, url, body, { headers = {}, signal, keepalive = false } = {}) {
  const raw = body instanceof FormData || body instanceof Blob || body instanceof ArrayBuffer;
  const request = {
    method,
    signal,
    keepalive,
    credentials: "same-origin",
    headers: { Accept: "application/json", "X-CSRFToken": csrfToken(), ...headers },
  };
  if (body !== undefined) {
    request.body = raw ? body : JSON.stringify(body);
    if (!raw) request.headers["Content-Type"] = "application/json";
  }
  const response = await reach(url, request);
  if (isLoginPage(response)) throw loggedOut();
  const answer = await answerOf(response);
  if (!response.ok) throw new Problem(response.status, answer ?? {});
  return answer;
}

async function reach(url, request) {
  try {
    return await fetch(url, request);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw unreachable();
  }
}

// A page's address sends people whose session ended to the login.
function isLoginPage(response) {
  const login = document.querySelector('meta[name="login-page"]')?.content;
  return response.redirected && new URL(response.url).pathname === login;
}

function loggedOut() {
  return new Problem(401, {
    code: "not_authenticated",
    message: "You are logged out. Load the page again to log in.",
  });
}

async function answerOf(response) {
  if (response.status === 204) return null;
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.includes("json")) return null;
  return response.json().catch(() => null);
}

export function unreachable() {
  return new Problem(0, {
    code: "unreachable",
    message: "The server cannot be reached. Check your connection.",
  });
}
