/** What is told of a pane beside its rows: facets, a request's story. */

import { lineRow } from "./rows";
import type { Pane } from "./pane";
import type { SourceTable } from "./sourceTable";
import {
  type Facet,
  type Facets,
  type LineRow,
  STATUS_CLASSES,
  type Story,
  type ViewChoice,
} from "./types";

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

/** All loaded lines of one request. Hops share no clock: lines of one time keep their order. */
export function storyOf(panes: Pane[], sources: SourceTable, requestId: string): Story {
  const rows: LineRow[] = [];
  const seen = new Set<string>();
  for (const pane of panes) {
    for (const chunk of pane.store.chunks) {
      for (let i = 0; i < chunk.requestIds.length; i += 1) {
        if (chunk.requestIds[i] !== requestId) continue;
        const row = lineRow(chunk, i, sources);
        const name = row.cursor === null ? `${row.key}` : `${row.server} ${row.type} ${row.cursor}`;
        if (!seen.has(name)) rows.push(row);
        seen.add(name);
      }
    }
  }
  rows.sort((a, b) => (a.timeS ?? 0) - (b.timeS ?? 0));
  const first = rows.find((row) => row.timeS !== null)?.timeS ?? null;
  const offsetsS = rows.map(({ timeS }) => (timeS === null || first === null ? null : timeS - first));
  return { requestId, rows, offsetsS };
}
