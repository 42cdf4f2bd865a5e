import { expect, test } from "vitest";
import { RequestFailed, ServiceApi } from "./api";

const calls: { url: string; init: RequestInit }[] = [];
const answering = (...answers: [number, string][]) => {
  calls.length = 0;
  return new ServiceApi("https://x/sub/", (url, init) => {
    calls.push({ url, init });
    const [status, body] = answers.shift() ?? [500, ""];
    return Promise.resolve(new Response(status === 204 ? null : body, { status }));
  });
};

test("calls stay under the page's own path, and say so when they change something", async () => {
  await answering([204, ""]).signIn({ token: "once" });
  expect(calls[0]?.url).toBe("https://x/sub/session");
  expect(calls[0]?.init.headers).toMatchObject({ "X-Logstream": "1" });
});

test("a list is fetched page by page", async () => {
  const page = (names: string[]) => JSON.stringify({ total: 3, _embedded: { items: names.map((name) => ({ name })) } });
  const items = await answering([200, page(["a", "b"])], [200, page(["c"])]).items("applications");
  expect(items.map((one) => one["name"])).toEqual(["a", "b", "c"]);
  expect(calls[1]?.url).toContain("offset=2");
});

test("details are what to connect with", async () => {
  const body = { logstream: { url: "wss://h/", params: { t: 1, hmac: "m", environment: "prod", site: "s" } } };
  expect(await answering([200, JSON.stringify(body)]).details("1-x")).toEqual({
    url: "wss://h/", t: 1, hmac: "m", environment: "prod", site: "s", protocols: [],
  });
});

test("nobody signed in is an answer, not a failure", async () => {
  expect(await answering([401, "{}"]).user()).toBeNull();
});

test.each([
  ["the service's own words", 403, '{"error":"forbidden","message":"This key may not."}', "This key may not."],
  ["a proxy's page", 502, "<html>", "The service refused (502)."],
  ["no words", 401, "{}", "You are not signed in."],
])("a refusal is told in one line: %s", async (_, status, body, message) => {
  await expect(answering([status, body]).signOut()).rejects.toEqual(new RequestFailed(message, status));
});

test("a service that cannot be reached is told", async () => {
  const api = new ServiceApi("https://x/", () => Promise.reject(new TypeError("failed")));
  await expect(api.user()).rejects.toThrow("The service cannot be reached.");
});
