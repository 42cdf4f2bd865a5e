/**
 * The state of the page, for components: plain stores and pure functions.
 *
 *     const api = new ServiceApi(new URL(".", location.href).href);
 *     const account = createAccount(api);
 *     const watch = openWatch(browserWatch(api, { site, environment, environmentId, choice }));
 */

import type { ServiceApi } from "../stream/api";
import { realClock } from "../stream/clock";
import type { Socket } from "../stream/connection";
import { framePace } from "../stream/pace";
import type { ViewChoice } from "./types";
import type { WatchSettings } from "./watch";

export type * from "./api";
export type * from "./types";
export { STATUS_CLASSES } from "./types";
export { RequestFailed, ServiceApi } from "../stream/api";
export { createAccount } from "./account";
export { fromHash, NO_CHOICE, permalinkHash, toHash } from "./choice";
export { foldText } from "./fold";
export { compile, statusClass } from "./matcher";
export { DEFAULT_SETTINGS, SettingsStore, type Settings } from "./settings";
export { agoText, isZone, timeText } from "./timeText";
export { openWatch, type WatchSettings } from "./watch";

/** What `openWatch` needs, as a browser has it. */
export function browserWatch(
  api: ServiceApi,
  what: { site: string; environment: string; environmentId: string; choice: ViewChoice },
): WatchSettings {
  return {
    site: what.site,
    environment: what.environment,
    choice: what.choice,
    details: () => api.details(what.environmentId),
    // Its handlers are typed for any `this` and full events; a Socket's need less.
    open: (url, protocols) => new WebSocket(url, protocols) as unknown as Socket,
    clock: realClock,
    pace: framePace(),
  };
}
