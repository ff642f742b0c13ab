// Extracts lengths, ranges, patterns and enums from botocore's service models into src/wire/constraints/<client>.json.
// Run: node tools/constraints.ts PATH-OF-BOTOCORE (python3 -c "import botocore; print(botocore.__path__[0])"). https://github.com/boto/botocore
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ConstraintShape, ConstraintTable } from "../src/wire/constraint-rules.ts";

/** botocore's folder by the suffix of our client. */
const SERVICES: Record<string, string> = { lambda: "lambda", "cloudwatch-logs": "logs", sts: "sts", iam: "iam", sqs: "sqs", sns: "sns", s3: "s3", "s3-control": "s3control", cloudwatch: "cloudwatch", kinesis: "kinesis", eventbridge: "events", scheduler: "scheduler", pipes: "pipes" };

/** What the framework does not check although the model says it; "*" is every shape of the service. */
const LEFT_OUT: { client: string; shape: string; what: ("enum" | "pattern" | "min" | "max")[]; why: string }[] = [
  { client: "lambda", shape: "Runtime", what: ["enum"], why: "Lambda itself answers InvalidParameterValueException, with its own sentence (observed)" },
  { client: "sqs", shape: "*", what: ["enum"], why: "SQS answers InvalidAttributeName and the like (observed)" },
  { client: "sns", shape: "*", what: ["enum"], why: "SNS answers InvalidParameter (documented)" },
  { client: "s3", shape: "*", what: ["enum", "pattern", "min", "max"], why: "S3 has no such framework: it answers MalformedXML, InvalidArgument and others (documented)" },
];

/** AWS lists some values in another order than the model (recorded answers of AWS). */
const OBSERVED_ORDER: Record<string, Record<string, string[]>> = {
  lambda: { RecursiveLoop: ["Terminate", "Allow"], InvokeMode: ["RESPONSE_STREAM", "BUFFERED"], EventSourcePosition: ["LATEST", "AT_TIMESTAMP", "TRIM_HORIZON"] },
};

interface ModelShape {
  type: string;
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
  sensitive?: boolean;
  members?: Record<string, { shape: string; streaming?: boolean }>;
  member?: { shape: string };
  key?: { shape: string };
  value?: { shape: string };
  required?: string[];
}
interface Model { operations: Record<string, { input?: { shape: string } }>; shapes: Record<string, ModelShape> }

function extract(client: string, model: Model, source: string): { table: ConstraintTable; notes: string[] } {
  const notes: string[] = [];
  const shapes: Record<string, ConstraintShape> = {};
  const wanted = new Set<string>();
  const visit = (name: string) => {
    if (wanted.has(name)) return;
    wanted.add(name);
    const shape = model.shapes[name]!;
    for (const inner of [...Object.values(shape.members ?? {}), shape.member, shape.key, shape.value]) if (inner) visit(inner.shape);
  };
  for (const operation of Object.values(model.operations)) if (operation.input) visit(operation.input.shape);
  for (const name of wanted) shapes[name] = ownConstraints(client, name, model.shapes[name]!, notes);
  const leads = leadsSomewhere(model, shapes, wanted);
  const link = (name: string | undefined) => (name !== undefined && leads.has(name) ? name : undefined);
  for (const name of leads) {
    const shape = model.shapes[name]!;
    const out = shapes[name]!;
    const members = Object.entries(shape.members ?? {}).filter(([, member]) => leads.has(member.shape) && !member.streaming).map(([member, { shape: target }]) => [member, target]);
    if (members.length) out.members = Object.fromEntries(members);
    Object.assign(out, definedOnly({ item: link(shape.member?.shape), key: link(shape.key?.shape), value: link(shape.value?.shape) }));
  }
  const operations = Object.entries(model.operations).flatMap(([name, { input }]) => (input && leads.has(input.shape) ? [[name, input.shape]] : []));
  return { table: { source, operations: Object.fromEntries(operations), shapes: Object.fromEntries([...leads].sort().map((name) => [name, shapes[name]!])) }, notes };
}

function ownConstraints(client: string, name: string, shape: ModelShape, notes: string[]): ConstraintShape {
  const out: ConstraintShape = {};
  const isLeftOut = (what: "enum" | "pattern" | "min" | "max") => LEFT_OUT.some((entry) => entry.client === client && (entry.shape === name || entry.shape === "*") && entry.what.includes(what));
  if (shape.min !== undefined && !isLeftOut("min") && !(shape.min === 0 && !isNumber(shape))) out.min = shape.min;
  if (shape.max !== undefined && !isLeftOut("max")) out.max = shape.max;
  if (shape.enum && !isLeftOut("enum")) out.enum = inObservedOrder(shape.enum, OBSERVED_ORDER[client]?.[name]);
  if (shape.pattern !== undefined && shape.pattern !== ".*" && !isLeftOut("pattern")) {
    const regex = asJavaScript(shape.pattern);
    const why = regex === undefined ? "JavaScript does not read it" : slowest(regex, shape.max) > SLOW_MS ? "it backtracks catastrophically" : undefined;
    if (why) notes.push(`${client}: pattern of ${name} left out, ${why}: ${shape.pattern}`);
    else {
      out.pattern = shape.pattern;
      if (regex!.flags) out.flags = regex!.flags;
    }
  }
  if (shape.sensitive) out.sensitive = true;
  if ((out.min ?? out.max) !== undefined && ["float", "double"].includes(shape.type)) out.double = true;
  return out;
}

/** Values that are newer than the observation come last. */
const inObservedOrder = (values: string[], observed: string[] = []): string[] => [...observed.filter((value) => values.includes(value)), ...values.filter((value) => !observed.includes(value))];

const isNumber = (shape: ModelShape): boolean => ["integer", "long", "float", "double"].includes(shape.type);

/** The pattern as it stands, or with the flag \p needs; undefined when neither compiles to what Java means by it. */
function asJavaScript(pattern: string): RegExp | undefined {
  if (/\\[QEhGZA]|&&\[|\(\?[a-z]+\)|[*+?}]\+/.test(pattern)) return undefined;
  for (const flags of /\\p\{/.test(pattern) ? ["u"] : [""]) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch { /* the next flag */ }
  }
  return undefined;
}

const SLOW_MS = 60;

/** Runs the pattern on long hostile strings made from its own characters; milliseconds of the worst. */
function slowest(regex: RegExp, max: number | undefined): number {
  const longest = Math.max(max ?? 0, 10_000); // what constraint-rules.ts lets a pattern see
  const seeds = new Set(["a", "0", "-", "_", ".", ":", "/", " ", "a-", "a.", "a/", "a:", "a,", ...(regex.source.match(/[a-zA-Z0-9:/._-]{2,}/g) ?? [])]);
  const heads = new Set(["", ...(regex.source.match(/[a-zA-Z0-9:/._-]{3,}/g) ?? [])]);
  let worst = 0;
  for (const length of [28, 1000, Math.min(longest, 140_000)]) {
    for (const head of heads) {
      for (const seed of seeds) {
        const text = `${head}${seed.repeat(Math.ceil(length / seed.length)).slice(0, length)}\u0000`;
        const start = process.hrtime.bigint();
        regex.test(text);
        worst = Math.max(worst, Number(process.hrtime.bigint() - start) / 1e6);
        if (worst > SLOW_MS) return worst;
      }
    }
  }
  return worst;
}

/** Shapes that have a constraint, or from which one can be reached. */
function leadsSomewhere(model: Model, shapes: Record<string, ConstraintShape>, wanted: Set<string>): Set<string> {
  const leads = new Set([...wanted].filter((name) => { const { sensitive: _, ...rules } = shapes[name]!; return Object.keys(rules).length > 0; }));
  for (let before = -1; before !== leads.size;) {
    before = leads.size;
    for (const name of wanted) {
      const { members, member, key, value } = model.shapes[name]!;
      if ([...Object.values(members ?? {}), member, key, value].some((inner) => inner && leads.has(inner.shape))) leads.add(name);
    }
  }
  return leads;
}

const definedOnly = (record: Record<string, string | undefined>): Record<string, string> => Object.fromEntries(Object.entries(record).filter((entry): entry is [string, string] => entry[1] !== undefined));

function readModel(botocore: string, service: string): Model {
  const folder = join(botocore, "data", service);
  const version = readdirSync(folder).sort().at(-1)!;
  const file = readdirSync(join(folder, version)).find((name) => name.startsWith("service-2.json"))!;
  const bytes = readFileSync(join(folder, version, file));
  return JSON.parse((file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString());
}

const [botocore] = process.argv.slice(2);
if (!botocore) throw new Error("say where botocore is: node tools/constraints.ts PATH");
const version = /__version__ = '([^']+)'/.exec(readFileSync(join(botocore, "__init__.py"), "utf8"))?.[1];
const target = join(import.meta.dirname, "..", "src", "wire", "constraints");
mkdirSync(target, { recursive: true });
for (const [client, service] of Object.entries(SERVICES)) {
  const { table, notes } = extract(client, readModel(botocore, service), `botocore ${version}, ${service}`);
  if (Object.keys(table.shapes).length === 0) continue;
  // One shape a line: a new version shows as a readable difference.
  const lines = Object.entries(table.shapes).map(([name, shape]) => `    ${JSON.stringify(name)}: ${JSON.stringify(shape)}`);
  const text = `{\n  "source": ${JSON.stringify(table.source)},\n  "operations": ${JSON.stringify(table.operations)},\n  "shapes": {\n${lines.join(",\n")}\n  }\n}\n`;
  writeFileSync(join(target, `${client}.json`), text);
  process.stdout.write(`${client}: ${lines.length} shapes, ${text.length} bytes\n${notes.map((note) => `  ${note}\n`).join("")}`);
}
