/** Who is signed in, and which applications and environments they may watch. */

import { type Item, RequestFailed, ServiceApi } from "../stream/api";
import type { Account, Application, Environment } from "./api";
import { Observable } from "./observable";

type User = ReturnType<Account["user"]["get"]>;

/** @param api - Also what `openWatch` asks for connection details. */
export function createAccount(api: ServiceApi): Account {
  const user = new Observable<User>({ state: "unknown" });

  const check = async () => {
    try {
      const name = await api.user();
      user.set(name === null ? { state: "out", reason: "" } : { state: "in", user: name });
    } catch (error) {
      user.set({ state: "out", reason: error instanceof Error ? error.message : "" });
    }
  };

  /** What any call finds out: the session is over. */
  const watched = async <T>(call: Promise<T>): Promise<T> => {
    try {
      return await call;
    } catch (error) {
      if (error instanceof RequestFailed && error.status === 401) {
        user.set({ state: "out", reason: "Your session is over: sign in again." });
      }
      throw error;
    }
  };

  return {
    user,
    check,
    async signIn(key, secret) {
      await api.signIn({ key, secret });
      await check();
    },
    async signInWithToken(token) {
      await api.signIn({ token });
      await check();
    },
    async signOut() {
      await api.signOut();
      user.set({ state: "out", reason: "" });
    },
    async applications() {
      return (await watched(api.items("applications"))).map(application);
    },
    async environments(uuid) {
      const path = `applications/${encodeURIComponent(uuid)}/environments`;
      return (await watched(api.items(path))).map(environment);
    },
  };
}

function application(item: Item): Application {
  const hosting = item["hosting"] as { id?: unknown } | undefined;
  return {
    uuid: text(item["uuid"]),
    name: text(item["name"]),
    site: text(hosting?.id),
  };
}

function environment(item: Item): Environment {
  const name = text(item["name"]);
  return { id: text(item["id"]), name, label: text(item["label"]) || name };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
