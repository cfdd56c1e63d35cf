import { describe, expect, test } from "vitest";
import { decodeProtobuf } from "./protobuf.ts";

/** Just enough of an encoder to write what kubectl sends. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}

type Part = string | number | Buffer;

function field(number: number, value: Part): Buffer {
  if (typeof value === "number") return Buffer.from([...varint(number * 8), ...varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([...varint(number * 8 + 2), ...varint(bytes.length)]), bytes]);
}

const message = (...fields: Buffer[]) => Buffer.concat(fields);

function envelope(apiVersion: string, kind: string, raw: Buffer): Buffer {
  return message(Buffer.from("k8s\0"), field(1, message(field(1, apiVersion), field(2, kind))), field(2, raw));
}

describe("decodeProtobuf", () => {
  test("reads scalars, maps, lists, inlined structs and special types, and leaves out what Go writes for nothing", () => {
    const metadata = message(
      field(1, "x"),
      field(2, ""),
      field(8, message()),
      field(11, message(field(1, "app"), field(2, "y"))),
      field(8, message(field(1, 1_700_000_000))),
    );
    const probe = message(
      field(1, message(field(2, message(field(1, "/ready"), field(2, message(field(1, 1), field(3, "web"))))))),
      field(2, 0),
      field(3, 5),
    );
    const container = message(field(1, "app"), field(2, "i:1"), field(3, "sh"), field(3, "-c"), field(11, probe));
    const volume = message(field(1, "v"), field(2, message(field(2, message()))));
    const spec = message(field(1, volume), field(2, container), field(4, 0), field(11, 0), field(21, 0));
    expect(decodeProtobuf(envelope("v1", "Pod", message(field(1, metadata), field(2, spec))))).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "x", labels: { app: "y" }, creationTimestamp: "2023-11-14T22:13:20Z" },
      spec: {
        volumes: [{ name: "v", emptyDir: {} }],
        containers: [
          {
            name: "app",
            image: "i:1",
            command: ["sh", "-c"],
            readinessProbe: { httpGet: { path: "/ready", port: "web" }, timeoutSeconds: 5 },
            resources: undefined,
          },
        ],
        // Pointers keep their zero; the flag that is not a pointer goes.
        terminationGracePeriodSeconds: 0,
        automountServiceAccountToken: false,
      },
    });
  });

  test("reads bytes as base64, and numbers below zero", () => {
    const data = message(field(1, "key"), field(2, Buffer.from([1, 2, 255])));
    expect(decodeProtobuf(envelope("v1", "Secret", field(2, data)))).toMatchObject({ data: { key: "AQL/" } });
    const minusOne = Buffer.from([8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]);
    expect(decodeProtobuf(envelope("v1", "DeleteOptions", minusOne))).toMatchObject({ gracePeriodSeconds: -1 });
  });

  test.each([
    ["no magic number", Buffer.from("{}")],
    ["an unknown kind", envelope("v1", "Nope", Buffer.alloc(0))],
    ["a field that is cut off", envelope("v1", "Pod", Buffer.from([10, 50, 1]))],
    ["an endless number", envelope("v1", "Pod", Buffer.alloc(20, 255))],
    ["nothing", Buffer.alloc(0)],
  ])("answers 400 to %s", (_, body) => {
    expect(() => decodeProtobuf(body)).toThrow("cannot be read as protobuf");
  });
});
