// Checks of input that AWS makes before a service sees it: required members, lengths, ranges, patterns, enums, in AWS's words.
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html (ValidationException)
import { ServiceError } from "../kernel/errors.ts";
import { type ConstraintShape, type ConstraintTable, inListOrder, rulesOf, show } from "./constraint-rules.ts";
import { frameworkCodes } from "./framework-errors.ts";
import type { Operation, ServiceModel } from "./service-model.ts";
import type { Member, Shape } from "./shape.ts";

/** Throws the service's error when something is wrong. */
export type InputCheck = (input: Record<string, unknown>) => void;

interface Found { missing?: { name: string; nested: boolean }; violations: string[] }
type Check = (value: unknown, path: string, found: Found) => void;

/** Required by the models, but not by AWS: a Tagging without its TagSet has no tags (recorded by LocalStack). */
const DISPENSABLE = new Set(["com.amazonaws.s3#Tagging.TagSet"]);

const VIOLATIONS_MAX = 10; // as the framework (observed by dynalite)

export async function openInputChecks(model: ServiceModel): Promise<(operation: Operation) => InputCheck | undefined> {
  const table = await loadTable(model.client);
  const codes = frameworkCodes(model.signingName);
  const compile = compiler(table, codes.mapNotNull ?? false);
  return (operation) => {
    const check = compile(operation.input, table?.operations[operation.name]);
    return check && ((input) => {
      const found: Found = { violations: [] };
      check(input, "", found);
      if (found.violations.length === 0) return;
      if (codes.missing?.nested && found.missing?.nested) throw new ServiceError(codes.missing.nested.code, codes.missing.nested.message);
      if (codes.missing && found.missing) throw new ServiceError(codes.missing.code, codes.missing.message(found.missing.name));
      const count = found.violations.length;
      throw new ServiceError(codes.constraint, `${count} validation error${count > 1 ? "s" : ""} detected: ${found.violations.join("; ")}`);
    });
  };
}

async function loadTable(client: string): Promise<ConstraintTable | undefined> {
  const name = client.replace("@aws-sdk/client-", "");
  try {
    return (await import(`./constraints/${name}.json`, { with: { type: "json" } })).default as ConstraintTable;
  } catch (error) {
    if ((error as { code?: string }).code === "ERR_MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

function compiler(table: ConstraintTable | undefined, mapNotNull: boolean) {
  const compiled = new Map<Shape, Map<string | undefined, Check | undefined | "compiling">>();
  const shapeOf = (name: string | undefined): ConstraintShape => (name === undefined ? {} : (table?.shapes[name] ?? {}));

  function compile(shape: Shape, name: string | undefined): Check | undefined {
    let byName = compiled.get(shape);
    if (!byName) compiled.set(shape, (byName = new Map()));
    const known = byName.get(name);
    // A shape that contains itself: looked up again when it is met.
    if (known === "compiling") return (value, path, found) => (byName.get(name) as Check | undefined)?.(value, path, found);
    if (known || byName.has(name)) return known;
    byName.set(name, "compiling");
    const check = compileKind(shape, shapeOf(name));
    byName.set(name, check);
    return check;
  }

  function compileKind(shape: Shape, constraint: ConstraintShape): Check | undefined {
    const own = ownCheck(shape, constraint);
    switch (shape.kind) {
      case "structure":
      case "union": return structureCheck(shape, constraint);
      case "list": return both(own, listCheck(shape, constraint));
      case "map": return both(own, mapCheck(shape, constraint));
      default: return own;
    }
  }

  function structureCheck(shape: Shape, constraint: ConstraintShape): Check | undefined {
    const parts = shape.members.flatMap((member) => {
      const check = isStream(member) ? undefined : compile(member.shape, constraint.members?.[member.name]);
      return check || member.required ? [{ name: member.name, key: lowerFirst(member.name), required: member.required && !DISPENSABLE.has(`${shape.namespace}#${shape.name}.${member.name}`), check }] : [];
    });
    if (parts.length === 0) return undefined;
    return (value, path, found) => {
      const members = value as Record<string, unknown>;
      for (const { name, key, required, check } of parts) {
        const inner = members[name];
        if (inner !== undefined && inner !== null) check?.(inner, path === "" ? key : `${path}.${key}`, found);
        else if (required) {
          found.missing ??= { name, nested: path !== "" };
          add(found, undefined, path === "" ? key : `${path}.${key}`, "Member must not be null");
        }
      }
    };
  }

  /** Items that break a rule of their own are reported once, on the list (observed: Lambda's architectures and layers). */
  function listCheck(shape: Shape, constraint: ConstraintShape): Check | undefined {
    const item = shape.value!.shape;
    if (isCompound(item)) {
      const check = compile(item, constraint.item);
      return check && ((value, path, found) => (value as unknown[]).forEach((inner, index) => { if (inner !== null) check(inner, `${path}.${index + 1}.member`, found); }));
    }
    return elementsCheck(item, shapeOf(constraint.item), (value) => value as unknown[], "Member must satisfy constraint", mapNotNull);
  }

  function mapCheck(shape: Shape, constraint: ConstraintShape): Check | undefined {
    const keys = elementsCheck(shape.key!.shape, shapeOf(constraint.key), (value) => Object.keys(value as object), "Map keys must satisfy constraint", mapNotNull);
    const item = shape.value!.shape;
    const values = elementsCheck(item, shapeOf(constraint.value), (value) => Object.values(value as object), "Map value must satisfy constraint", mapNotNull);
    const inner = isCompound(item) && (item.kind === "structure" || item.kind === "union") ? compile(item, constraint.value) : undefined;
    const inside: Check | undefined = inner && ((value, path, found) => { for (const [key, one] of Object.entries(value as object)) inner(one, `${path}.${key}.member`, found); });
    return both(both(keys, values), inside);
  }

  return compile;
}

/** Elements that break a rule are reported once, with all the rules, on the list or map itself. */
function elementsCheck(shape: Shape, constraint: ConstraintShape, elementsOf: (value: unknown) => unknown[], says: string, notNull: boolean): Check | undefined {
  const rules = rulesOf(shape, constraint);
  if (rules.length === 0) return undefined;
  const sentence = `${says}: [${[...inListOrder(rules), ...(notNull ? ["Member must not be null"] : [])].join(", ")}]`;
  return (value, path, found) => {
    if (elementsOf(value).some((element) => element !== null && rules.some((rule) => !rule.holds(element)))) add(found, constraint.sensitive ? undefined : value, path, sentence, constraint);
  };
}

const both = (first: Check | undefined, second: Check | undefined): Check | undefined =>
  first && second ? (value, path, found) => { first(value, path, found); second(value, path, found); } : (first ?? second);

const isCompound = (shape: Shape): boolean => ["structure", "union", "list", "map"].includes(shape.kind);
const isStream = (member: Member): boolean => member.traits.streaming === 1;
const lowerFirst = (name: string): string => name[0]!.toLowerCase() + name.slice(1);

function ownCheck(shape: Shape, constraint: ConstraintShape): Check | undefined {
  const rules = rulesOf(shape, constraint);
  if (rules.length === 0) return undefined;
  return (value, path, found) => {
    for (const rule of rules) if (!rule.holds(value)) add(found, value, path, rule.says, constraint);
  };
}

/** A sensitive value is not shown: "Value at 'environment.variables' failed …" (observed). */
function add(found: Found, value: unknown, path: string, says: string, { sensitive, double }: ConstraintShape = {}): void {
  if (found.violations.length >= VIOLATIONS_MAX) return;
  const shown = sensitive ? "" : value === undefined ? " null" : ` '${show(value, double)}'`;
  found.violations.push(`Value${shown} at '${path}' failed to satisfy constraint: ${says}`);
}
