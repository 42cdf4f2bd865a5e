/**
 * The calls to the service that serves the page: session, applications, connection details.
 *
 * All addresses are relative to the page, so that it works under any sub-path. The session is a
 * cookie that no script can read; what changes something says so in `X-Logstream`.
 */

/** A call that failed, with one line for a person. */
export class RequestFailed extends Error {
  override name = "RequestFailed";
  constructor(
    message: string,
    /** HTTP status; 0: the service could not be reached. */
    readonly status: number,
  ) {
    super(message);
  }
}

/** What to connect with; good for a few minutes, so fetched anew for each connect. */
export interface Details {
  url: string;
  site: string;
  environment: string;
  t: number | string;
  hmac: string;
  protocols: string[];
}

export interface Item {
  [key: string]: unknown;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const TIMEOUT_MS = 15_000;

export class ServiceApi {
  /**
   * @param base - The page's address, ending with a slash.
   * @param fetcher - As `fetch`.
   */
  constructor(
    private readonly base: string,
    private readonly fetcher: Fetch = (url, init) => fetch(url, init),
  ) {}

  /** Open a session. */
  async signIn(given: { key: string; secret: string } | { token: string }): Promise<void> {
    await this.call("POST", "session", given);
  }

  async signOut(): Promise<void> {
    await this.call("DELETE", "session");
  }

  /** Who is signed in; null: nobody. */
  async user(): Promise<string | null> {
    try {
      const found = (await this.call("GET", "session")) as { user?: unknown };
      return String(found.user ?? "");
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) return null;
      throw error;
    }
  }

  /** All items of a list, page by page. */
  async items(path: string): Promise<Item[]> {
    const items: Item[] = [];
    for (;;) {
      const separator = path.includes("?") ? "&" : "?";
      const page = (await this.call(
        "GET",
        `api/${path}${separator}limit=1000&offset=${items.length}`,
      )) as { total?: number; _embedded?: { items?: Item[] } };
      const found = page._embedded?.items ?? [];
      items.push(...found);
      if (found.length === 0 || items.length >= (page.total ?? 0)) return items;
    }
  }

  async details(environmentId: string): Promise<Details> {
    const path = `api/environments/${encodeURIComponent(environmentId)}/logstream`;
    const { logstream } = (await this.call("GET", path)) as {
      logstream: { url: string; params: Omit<Details, "url" | "protocols">; protocols?: string[] };
    };
    return { ...logstream.params, url: logstream.url, protocols: logstream.protocols ?? [] };
  }

  private async call(method: string, path: string, body?: unknown): Promise<unknown> {
    const headers: Record<string, string> = { Accept: "application/json, application/hal+json" };
    if (method !== "GET") headers["X-Logstream"] = "1";
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let response: Response;
    let text: string;
    try {
      response = await this.fetcher(this.base + path, {
        method,
        headers,
        credentials: "same-origin",
        cache: "no-store",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      text = await response.text();
    } catch {
      throw new RequestFailed("The service cannot be reached.", 0);
    }
    if (!response.ok) throw new RequestFailed(refusal(response.status, text), response.status);
    try {
      return text === "" ? {} : JSON.parse(text);
    } catch {
      throw new RequestFailed("The service's answer makes no sense.", response.status);
    }
  }
}

function refusal(status: number, text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === "string" && message !== "") return message;
  } catch {
    // Not from the service itself, but from a proxy before it.
  }
  return status === 401 ? "You are not signed in." : `The service refused (${status}).`;
}
