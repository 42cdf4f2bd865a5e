import { describe, expect, it } from "vitest";
import { compiled, inert, pieces } from "./inertText";

describe("log text", () => {
  it("shows terminal escapes and overrides as names", () => {
    expect(inert("a\u001b[31mb\u202ec\u0000")).toBe("a<ESC>[31mb<U+202E>c<NUL>");
  });

  it("keeps tabs, line feeds and every script", () => {
    const text = "a\tb\nπ שלום 日本 👍";
    expect(inert(text)).toBe(text);
  });

  it("parts into matches and the rest, losing nothing", () => {
    const made = pieces("GET /a?b GET", compiled([{ text: "get", regex: false }, { text: "/\\w", regex: true }]));
    expect(made.map((piece) => piece.text).join("")).toBe("GET /a?b GET");
    expect(made.filter((piece) => piece.kind === "match").map((piece) => piece.text)).toEqual(["GET", "/a", "GET"]);
  });

  it("joins matches that overlap, and leaves out empty ones", () => {
    const made = pieces("abcd", compiled([{ text: "abc", regex: false }, { text: "bcd", regex: false }, { text: "x*", regex: true }]));
    expect(made).toEqual([{ text: "abcd", kind: "match" }]);
  });

  it("takes plain text as it is written", () => {
    expect(pieces("1+1 (a)", compiled([{ text: "+1 (", regex: false }]))).toContainEqual({ text: "+1 (", kind: "match" });
    expect(compiled([{ text: "(", regex: true }])).toEqual([]);
  });
});
