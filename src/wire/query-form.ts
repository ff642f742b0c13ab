// awsQuery and ec2Query requests: a flat form, read back into a tree by shape. https://smithy.io/2.0/aws/protocols/aws-query-protocol.html
import { DEPTH_MAX, readText, unreadable } from "./scalars.ts";
import { type Member, put, type Shape } from "./shape.ts";

interface Node { value?: string; children?: Map<string, Node> }

export type FormDialect = "awsQuery" | "ec2Query";

/** A form's fields may name no more parts than this, altogether; the largest real calls stay far below. */
const NODES_MAX = 200_000;

export function readForm(shape: Shape, form: URLSearchParams, dialect: FormDialect): Record<string, unknown> {
  const root: Node = {};
  let nodes = 0;
  for (const [key, value] of form) {
    let node = root;
    const parts = key.split(".");
    if (parts.length > DEPTH_MAX || (nodes += parts.length) > NODES_MAX) throw unreadable("Too many parameters");
    for (const part of parts) {
      node.children ??= new Map();
      let next = node.children.get(part);
      if (!next) node.children.set(part, (next = {}));
      node = next;
    }
    node.value ??= value;
  }
  return readStructure(shape, root, dialect === "ec2Query");
}

function readStructure(shape: Shape, node: Node, ec2: boolean): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const member of shape.members) {
    // SQS also takes the member's own name, and the Java SDK has used it (aws/aws-sdk-java-v2#2524): "Tags.1.Key" for "Tag.1.Key".
    const child = node.children?.get(memberKey(member, ec2)) ?? (ec2 ? undefined : node.children?.get(member.name));
    const value = child && readNode(member, child, ec2);
    if (value !== undefined) out[member.name] = value;
  }
  return out;
}

function readNode({ shape, traits }: Member, node: Node, ec2: boolean): unknown {
  switch (shape.kind) {
    case "structure":
    case "union": return readStructure(shape, node, ec2);
    case "list": {
      const item = shape.value!;
      // SQS and others accept both "Name.1" and "Name.member.1", whatever the model says.
      const holder = ec2 || traits.xmlFlattened ? node : (node.children?.get(elementKey("member", item, ec2)) ?? node);
      return inOrder(holder, holder.value !== undefined && holder.value !== "").map((child) => readNode(item, child, ec2)).filter((value) => value !== undefined);
    }
    case "map": {
      const holder = traits.xmlFlattened ? node : (node.children?.get("entry") ?? node);
      const keyName = elementKey("key", shape.key!, ec2);
      const valueName = elementKey("value", shape.value!, ec2);
      const out: Record<string, unknown> = {};
      for (const entry of inOrder(holder, holder.children?.has(keyName))) {
        const value = readNode(shape.value!, entry.children?.get(valueName) ?? {}, ec2);
        if (value !== undefined) put(out, entry.children?.get(keyName)?.value ?? "", value);
      }
      return out;
    }
    default: return node.value === undefined ? undefined : readText(shape, node.value);
  }
}

function memberKey(member: Member, ec2: boolean): string {
  if (!ec2) return member.traits.xmlName ?? member.name;
  if (member.traits.ec2QueryName) return member.traits.ec2QueryName;
  const key = member.traits.xmlName ?? member.name;
  return key[0]!.toUpperCase() + key.slice(1);
}

const elementKey = (fallback: string, { traits }: Member, ec2: boolean): string => (ec2 && traits.ec2QueryName) || (traits.xmlName ?? fallback);

/** `isOne`: a list or map of one may go without its number, as in examples of SQS's reference: "AttributeName=All", "Attribute.Name=…&Attribute.Value=…". */
function inOrder(node: Node, isOne = false): Node[] {
  const numbered = [...(node.children ?? [])].filter(([key]) => /^\d{1,9}$/.test(key)).sort(([a], [b]) => Number(a) - Number(b)).map(([, child]) => child);
  return numbered.length === 0 && isOne ? [node] : numbered;
}
