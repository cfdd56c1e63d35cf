/** A message as a CloudEvent 1.0 in structured mode: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md (pure). */
import type { Message, MessageData, NotificationEvent } from "./message.ts";

export const CLOUD_EVENT_TYPE = "application/cloudevents+json";

interface CloudEvent {
  specversion: "1.0";
  id: string;
  /** A URI reference. */
  source: string;
  type: string;
  /** The record, as namespace/name. */
  subject: string;
  time: string;
  datacontenttype: "application/json";
  data: MessageData;
}

/** The same message gives the same event, byte for byte, whenever it is sent. */
export function cloudEvent({ id, event, at, source, data }: Message): CloudEvent {
  return {
    specversion: "1.0",
    id,
    source: `/operarius/${encodeURIComponent(source)}`,
    type: `io.openfero.remediation.${kebab(event)}`,
    subject: `${data.namespace}/${data.remediation}`,
    time: at,
    datacontenttype: "application/json",
    data,
  };
}

function kebab(event: NotificationEvent): string {
  return event.replaceAll(/\B[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
