import { describe, expect, test } from "vitest";
import type { Finding } from "./finding.ts";
import { canonicalJson, type Json } from "./json.ts";
import { PlanTemplates, PlanValue } from "./plan-value.ts";
import { TemplateError } from "./jinja.ts";

const VALUES: Readonly<Record<string, Json>> = { page: { url: "https://a.example", rows: [1, 2] } };

function valueOf(source: Json): PlanValue {
  return new PlanValue(source, new PlanTemplates());
}

function resolved(source: Json): Json {
  return valueOf(source).resolve((root) => VALUES[root]);
}

describe("a value of a plan", () => {
  test("is filled where it refers to something, and nowhere else", () => {
    const source = {
      z: [{ $from: "page.rows[1]" }, 7],
      text: "see {{ page.url }}",
      a: { $literal: { $from: "page" } },
    };
    expect(resolved(source)).toEqual({ z: [2, 7], text: "see https://a.example", a: { $from: "page" } });
  });

  test("has its keys in the order of its canonical text once it is built", () => {
    const built = resolved({ z: 1, b: { $from: "page.rows" }, a: 2 });
    expect(JSON.stringify(built)).toBe(canonicalJson(built));
  });

  test("is shared as far as nothing flows into it", () => {
    const constant = { deep: [{ text: "as it is" }] };
    expect(resolved(constant)).toBe(constant);
    const built = resolved({ constant, url: { $from: "page.url" } });
    expect((built as { readonly constant: Json }).constant).toBe(constant);
  });

  test("tells what flows in where, and what cannot be read", () => {
    const source = { b: "{{ page.url }} {{ page.rows }}", a: [{ $from: "page" }, { $from: "1" }, "{{ ("] };
    const [broken, findings]: [unknown[], Finding[]] = [[], []];
    valueOf(source).visit({ broken: (at) => broken.push(at), finding: (finding) => findings.push(finding) });
    expect(valueOf(source).wires()).toEqual([
      { at: ["a", 0], reference: { root: "page", path: [] }, kind: "value" },
      { at: ["b"], reference: { root: "page", path: ["url"] }, kind: "text" },
      { at: ["b"], reference: { root: "page", path: ["rows"] }, kind: "text" },
    ]);
    expect(broken).toEqual([
      ["a", 1],
      ["a", 2],
    ]);
    expect(findings.map(({ code, path }) => [code, path])).toEqual([
      ["AM_BAD_REFERENCE", "/a/1/$from"],
      ["AM_TEMPLATE", "/a/2"],
    ]);
    expect(valueOf(source).filled(0)).toEqual({ a: [0, null, "{{ ("], b: 0 });
    expect(() => resolved(source)).toThrow(TemplateError);
  });

  test("is one reference as a whole, or none", () => {
    expect(valueOf({ $from: "page.url" }).reference).toEqual({ root: "page", path: ["url"] });
    for (const source of [{ $literal: 1, $from: "page" }, [{ $from: "page" }], "{{ page }}", null, { $from: 7 }])
      expect(valueOf(source).reference).toBeUndefined();
  });
});
