/** The custom kind that the cases make for themselves. */

/** Rules of x-kubernetes-validations in the form of the API. */
const rules = {
  spec: [
    { rule: "self.min <= self.max", message: "min must not exceed max" },
    {
      rule: "!has(self.mode) || self.mode != 'fixed' || has(self.reason)",
      fieldPath: ".mode",
      reason: "FieldValueForbidden",
    },
  ],
  size: [{ rule: "quantity(self).compareTo(quantity('1Gi')) >= 0", message: "size must be at least 1Gi" }],
  name: [{ rule: "self == oldSelf", message: "name cannot be changed" }],
  items: [
    { rule: "self.all(item, item.startsWith('x'))", messageExpression: "'items must start with x, not ' + self[0]" },
  ],
};

/** The CustomResourceDefinition of Gadget in a group of its own. */
export function gadgetDefinition(group: string): object {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `gadgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: "gadgets", singular: "gadget", kind: "Gadget", listKind: "GadgetList", shortNames: ["gg"] },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: "Mode", type: "string", jsonPath: ".spec.mode" },
            { name: "Max", type: "integer", jsonPath: ".spec.max", priority: 1 },
            { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
          ],
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec: {
                  type: "object",
                  required: ["max"],
                  "x-kubernetes-validations": rules.spec,
                  properties: {
                    min: { type: "integer", minimum: 0, default: 1 },
                    max: { type: "integer" },
                    mode: { type: "string", enum: ["fixed", "free"], maxLength: 9 },
                    reason: { type: "string" },
                    name: { type: "string", maxLength: 20, "x-kubernetes-validations": rules.name },
                    items: {
                      type: "array",
                      maxItems: 5,
                      items: { type: "string", maxLength: 10, pattern: "^[a-z]+$" },
                      "x-kubernetes-validations": rules.items,
                    },
                    deep: {
                      type: "object",
                      properties: { on: { type: "boolean", default: true } },
                    },
                    open: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                    map: { type: "object", additionalProperties: { type: "integer" } },
                    size: { type: "string", maxLength: 9, "x-kubernetes-validations": rules.size },
                    port: { "x-kubernetes-int-or-string": true },
                  },
                },
                status: { type: "object", properties: { seen: { type: "integer" } } },
              },
            },
          },
        },
      ],
    },
  };
}
