/**
 * A plan as a Mermaid flowchart. Names and conditions come from models: they stand in labels alone, spelled so that they are
 * text whatever they say. Ids of nodes are numbers of ours.
 */
import type { PublicTaskStatus } from "../run-view.ts";
import type { PlanEdge, PlanEdgeKind, PlanGraph, PlanNode } from "./plan-graph.ts";

/** Of one line of a label, in characters. */
const LABEL_CHARS_MAX = 80;
/** Letters, digits and what neither Mermaid nor HTML reads as anything; all else is written as a character code. */
const PLAIN = /^[\p{L}\p{M}\p{N} _.,()=+-]$/u;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]+/gu;

const COLOURS: Readonly<Partial<Record<PublicTaskStatus, string>>> = {
  succeeded: "fill:#d3f9d8,stroke:#2b8a3e,color:#000000",
  failed: "fill:#ffe3e3,stroke:#c92a2a,color:#000000",
  running: "fill:#d0ebff,stroke:#1971c2,color:#000000",
  waiting: "fill:#fff3bf,stroke:#e67700,color:#000000",
  in_doubt: "fill:#ffe8cc,stroke:#d9480f,color:#000000",
  skipped: "fill:#f1f3f5,stroke:#868e96,color:#495057,stroke-dasharray:4",
  cancelled: "fill:#e9ecef,stroke:#495057,color:#495057",
};

/** Data is a plain arrow, a condition one with its name, order alone a dotted one; of several the first in this order. */
const ARROWS: Readonly<Record<PlanEdgeKind, string>> = { data: "-->", condition: '-->|"when"|', after: "-.->" };
const WEIGHT: Readonly<Record<PlanEdgeKind, number>> = { data: 0, condition: 1, after: 2 };

export function mermaidChart({ nodes, edges }: PlanGraph): string {
  const idOf = new Map(nodes.map(({ id }, index) => [id, `t${index}`]));
  const lines = [
    "flowchart TD",
    ...nodes.map((node, index) => `  t${index}${shape(node)}`),
    ...arrowsOf(edges).map(({ from, to, kind }) => `  ${idOf.get(from) ?? ""} ${ARROWS[kind]} ${idOf.get(to) ?? ""}`),
    ...classLines(nodes),
  ];
  return `${lines.join("\n")}\n`;
}

/** One arrow between two tasks. */
function arrowsOf(edges: readonly PlanEdge[]): readonly PlanEdge[] {
  const strongest = new Map<string, PlanEdge>();
  for (const edge of edges) {
    const key = JSON.stringify([edge.from, edge.to]);
    const known = strongest.get(key);
    if (known === undefined || WEIGHT[edge.kind] < WEIGHT[known.kind]) strongest.set(key, edge);
  }
  return [...strongest.values()];
}

/** A question is a hexagon, an `each` has double sides. */
function shape(node: PlanNode): string {
  const label = `"${labelLines(node).map(labelText).join("<br/>")}"`;
  if (node.asks) return `{{${label}}}`;
  return node.each === undefined ? `[${label}]` : `[[${label}]]`;
}

function labelLines({ id, use, tool, each, elements, when, asks, status, reusedFrom }: PlanNode): readonly string[] {
  const count = elements === undefined ? "" : `, ${elements} elements`;
  return [
    id,
    tool ?? use,
    ...(each === undefined ? [] : [`each ${each.as} in ${each.in}${count}`]),
    ...(when === undefined ? [] : [`when ${when}`]),
    ...(asks ? ["asks a person"] : []),
    ...(status === undefined ? [] : [`${status.replace("_", " ")}${reusedFrom === undefined ? "" : " (reused)"}`]),
  ];
}

function labelText(text: string): string {
  const characters = Array.from(text.toWellFormed().replace(UNSEEN, " "));
  const kept = characters.slice(0, LABEL_CHARS_MAX).map(spelled).join("");
  return characters.length > LABEL_CHARS_MAX ? `${kept}...` : kept;
}

function spelled(character: string): string {
  return PLAIN.test(character) ? character : `#${character.codePointAt(0) ?? 0};`;
}

function classLines(nodes: readonly PlanNode[]): readonly string[] {
  const members = new Map<PublicTaskStatus, string[]>();
  for (const [index, { status }] of nodes.entries()) {
    if (status === undefined || COLOURS[status] === undefined) continue;
    const known = members.get(status);
    if (known === undefined) members.set(status, [`t${index}`]);
    else known.push(`t${index}`);
  }
  const reused = nodes.flatMap(({ reusedFrom }, index) => (reusedFrom === undefined ? [] : [`t${index}`]));
  return [
    ...[...members].flatMap(([status, ids]) => [
      `  classDef ${status} ${COLOURS[status] ?? ""}`,
      `  class ${ids.join(",")} ${status}`,
    ]),
    ...(reused.length === 0 ? [] : [`  classDef reused stroke-dasharray:4`, `  class ${reused.join(",")} reused`]),
  ];
}
