import { expect, test } from "vitest";
import { ServiceApi } from "../stream/api";
import { createAccount } from "./account";

function account(answers: Record<string, [number, unknown]>) {
  return createAccount(
    new ServiceApi("/", (url, init) => {
      const [status, body] = answers[`${init.method} ${url.split("?")[0]}`] ?? [500, {}];
      return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status }));
    }),
  );
}

test("signing in tells who it is", async () => {
  const one = account({ "POST /session": [204, null], "GET /session": [200, { user: "jane" }] });
  await one.signIn("jane", "secret");
  expect(one.user.get()).toEqual({ state: "in", user: "jane" });
});

test("a wrong secret is told, and nobody is signed in", async () => {
  const one = account({ "POST /session": [401, { message: "The key or its secret is wrong." }] });
  await expect(one.signIn("jane", "x")).rejects.toThrow("The key or its secret is wrong.");
  expect(one.user.get()).toEqual({ state: "unknown" });
});

test("a session that is over is told by whatever call finds it out", async () => {
  const one = account({ "GET /api/applications": [401, {}] });
  await expect(one.applications()).rejects.toThrow();
  expect(one.user.get().state).toBe("out");
});

test("applications and environments are read from HAL", async () => {
  const items = (list: unknown[]): [number, unknown] => [200, { total: list.length, _embedded: { items: list } }];
  const one = account({
    "GET /api/applications": items([{ uuid: "u", name: "Sample", hosting: { id: "devcloud:sample" } }]),
    "GET /api/applications/u/environments": items([{ id: "1-u", name: "prod" }]),
  });
  expect(await one.applications()).toEqual([{ uuid: "u", name: "Sample", site: "devcloud:sample" }]);
  expect(await one.environments("u")).toEqual([{ id: "1-u", name: "prod", label: "prod" }]);
});
