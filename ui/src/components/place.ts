/** An application's environment that can be watched, as the service names it. */

import type { Account, Application, Environment, ViewChoice } from "../state";

export interface Place {
  application: Application;
  environment: Environment;
}

/** Find what an address names; null where it does not exist, or the key may not see it. */
export async function findPlace(account: Account, choice: ViewChoice): Promise<Place | null> {
  for (const application of await account.applications()) {
    if (choice.application !== null && application.uuid !== choice.application) continue;
    for (const environment of await account.environments(application.uuid)) {
      if (environment.id === choice.environment) return { application, environment };
    }
  }
  return null;
}
