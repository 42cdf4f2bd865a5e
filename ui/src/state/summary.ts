/** What is told of a pane beside its rows: the facets with their counts. */

import type { Pane } from "./pane";
import type { SourceTable } from "./sourceTable";
import { type Facet, type Facets, STATUS_CLASSES, type ViewChoice } from "./types";

export function facetsOf(pane: Pane, sources: SourceTable, choice: ViewChoice): Facets {
  const servers = new Map<string, Facet>();
  const types = new Map<string, Facet>();
  sources.list.forEach(({ server, type, display }, number) => {
    const counts = pane.listing.facets.sources.get(number);
    add(servers, server, server, counts?.server ?? 0, choice.servers);
    add(types, type, display, counts?.type ?? 0, choice.types);
  });
  const statuses = new Map<string, Facet>();
  for (const name of STATUS_CLASSES) {
    const count = pane.listing.facets.statuses.get(name) ?? 0;
    if (count > 0 || choice.statuses.includes(name)) add(statuses, name, name, count, choice.statuses);
  }
  // What was chosen before it was seen (from a link) is shown too, or nobody could undo it.
  for (const server of choice.servers) add(servers, server, server, 0, choice.servers);
  for (const type of choice.types) add(types, type, type, 0, choice.types);
  return { servers: sorted(servers), types: sorted(types), statuses: [...statuses.values()] };
}

function add(to: Map<string, Facet>, value: string, label: string, count: number, chosen: readonly string[]) {
  const facet = to.get(value);
  if (facet !== undefined) facet.count += count;
  else to.set(value, { value, label, count, chosen: chosen.length === 0 || chosen.includes(value) });
}

function sorted(facets: Map<string, Facet>): Facet[] {
  return [...facets.values()].sort((a, b) =>
    a.value.localeCompare(b.value, "en", { numeric: true }),
  );
}
