/**
 * Requests in Kubernetes' protobuf: kubectl creates built-in kinds that way since 1.32. Only reading: answers are JSON,
 * which every client accepts beside it.
 */
import type { Field } from "../openapi/kinds.ts";
import { messageFields, structOf } from "../openapi/kinds.ts";
import { badRequest } from "../status.ts";

export const protobufType = "application/vnd.kubernetes.protobuf";

type Wire = { number: number; value: number | Uint8Array };

const text = new TextDecoder();

/** Splits one message into its fields. Errors: a RangeError for what is cut off or not protobuf. */
function split(bytes: Uint8Array): Wire[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Wire[] = [];
  let at = 0;
  const varint = (): bigint => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = view.getUint8(at);
      at += 1;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw new RangeError("varint too long");
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const number = tag >>> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ number, value: Number(BigInt.asIntN(64, varint())) });
        break;
      case 1:
        fields.push({ number, value: view.getFloat64(at, true) });
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (at + length > bytes.length) throw new RangeError("field is cut off");
        fields.push({ number, value: bytes.subarray(at, at + length) });
        at += length;
        break;
      }
      case 5:
        fields.push({ number, value: view.getFloat32(at, true) });
        at += 4;
        break;
      default:
        throw new RangeError(`unknown wire type ${tag & 7}`);
    }
  }
  return fields;
}

function bytesOf(fields: readonly Wire[], number: number): Uint8Array | undefined {
  const value = fields.find((field) => field.number === number)?.value;
  return value instanceof Uint8Array ? value : undefined;
}

function numberOf(fields: readonly Wire[], number: number): number {
  const value = fields.find((field) => field.number === number)?.value;
  return typeof value === "number" ? value : 0;
}

function stringOf(fields: readonly Wire[], number: number): string {
  return text.decode(bytesOf(fields, number));
}

function time(bytes: Uint8Array, micro: boolean): string | null {
  const fields = split(bytes);
  if (fields.length === 0) return null;
  const date = new Date(numberOf(fields, 1) * 1000).toISOString().slice(0, 19);
  if (!micro) return `${date}Z`;
  const digits = String(Math.floor(numberOf(fields, 2) / 1000)).padStart(6, "0");
  return `${date}.${digits}Z`;
}

function scalar(type: string, value: number | Uint8Array): unknown {
  if (typeof value === "number") return type === "bool" ? value !== 0 : value;
  switch (type) {
    case "string":
      return text.decode(value);
    case "bytes":
      return Buffer.from(value).toString("base64");
    case "Time":
    case "MicroTime":
      return time(value, type === "MicroTime");
    case "Quantity":
      return stringOf(split(value), 1);
    case "IntOrString": {
      const fields = split(value);
      return numberOf(fields, 1) === 0 ? numberOf(fields, 2) : stringOf(fields, 3);
    }
    case "RawExtension":
    case "FieldsV1": {
      const raw = stringOf(split(value), 1);
      return raw === "" ? null : (JSON.parse(raw) as unknown);
    }
    default:
      return message(type, value);
  }
}

/** Go writes every field that is not a pointer, also when it is empty; its JSON leaves those out. */
function isLeftOut(field: Field, value: unknown): boolean {
  return value === null || (field.omitEmpty && !field.pointer && (value === "" || value === 0 || value === false));
}

function entry(field: Field, bytes: Uint8Array): [string, unknown] {
  const parts = split(bytes);
  const value = parts.find((part) => part.number === 2)?.value ?? new Uint8Array();
  if (!field.wrapped || typeof value === "number") return [stringOf(parts, 1), scalar(field.type, value)];
  return [stringOf(parts, 1), split(value).map((item) => scalar(field.type, item.value))];
}

function message(type: string, bytes: Uint8Array): Record<string, unknown> {
  const known = messageFields(type);
  if (known === undefined) throw new RangeError(`unknown message ${type}`);
  const wires = split(bytes);
  const result: Record<string, unknown> = {};
  for (const [name, field] of known) {
    const own = wires.filter((wire) => wire.number === field.number);
    if (own.length === 0) continue;
    if (field.shape === "list") result[name] = own.map((wire) => scalar(field.type, wire.value));
    else if (field.shape === "map") {
      result[name] = Object.fromEntries(
        own.flatMap(({ value }) => (value instanceof Uint8Array ? [entry(field, value)] : [])),
      );
    } else {
      const value = scalar(field.type, own.at(-1)?.value ?? 0);
      if (field.inline) Object.assign(result, value);
      else if (!isLeftOut(field, value)) result[name] = value;
    }
  }
  return result;
}

/** The object in `body`, as JSON has it. Errors: 400 for what is not protobuf or of an unknown kind. */
export function decodeProtobuf(body: Uint8Array): Record<string, unknown> {
  try {
    if (text.decode(body.subarray(0, 4)) !== "k8s\0") throw new RangeError("the magic number is missing");
    const unknown = split(body.subarray(4));
    const type = split(bytesOf(unknown, 1) ?? new Uint8Array());
    const [apiVersion, kind] = [stringOf(type, 1), stringOf(type, 2)];
    const struct = structOf(apiVersion, kind);
    if (struct === undefined) throw new RangeError(`no definition of ${apiVersion} ${kind}; send it as JSON`);
    return { apiVersion, kind, ...message(struct, bytesOf(unknown, 2) ?? new Uint8Array()) };
  } catch (error) {
    throw badRequest(
      `the body of the request cannot be read as protobuf: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
