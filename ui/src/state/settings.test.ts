import { expect, test } from "vitest";
import { DEFAULT_SETTINGS, SettingsStore } from "./settings";

class MemoryShelf {
  kept: string | null = null;
  getItem = () => this.kept;
  setItem = (_: string, value: string) => {
    this.kept = value;
  };
}
const newId = () => "11111111-2222";

test("what is changed is there the next time, with the same own id", () => {
  const shelf = new MemoryShelf();
  new SettingsStore(shelf, newId).change({ theme: "dark" });
  const again = new SettingsStore(shelf, () => "99999999-0000");
  expect(again.get()).toEqual({ ...DEFAULT_SETTINGS, theme: "dark", mineId: "11111111-2222" });
  expect(again.minePrefix).toBe("ac-ls-11111111-2222");
});

test.each([
  ["no JSON", "{"],
  ["no object", "7"],
  ["wrong types", '{"wrap":"yes","columns":[1],"theme":"pink","mineId":"","density":"x","timeFormat":"y"}'],
])("kept nonsense gives the defaults: %s", (_, kept) => {
  const shelf = new MemoryShelf();
  shelf.kept = kept;
  expect(new SettingsStore(shelf, newId).get()).toEqual({ ...DEFAULT_SETTINGS, mineId: "11111111-2222" });
});

test("a browser that keeps nothing still has settings", () => {
  const forbidden = {
    getItem: (): string | null => { throw new Error("denied"); },
    setItem: () => { throw new Error("denied"); },
  };
  const store = new SettingsStore(forbidden, newId);
  store.change({ wrap: true });
  expect(store.get().wrap).toBe(true);
});
