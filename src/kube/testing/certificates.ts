/** A certificate authority for tests of TLS. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface TestAuthority {
  ca: string;
  /** Valid for 127.0.0.1 (`ip`) or for a DNS name, as a server or as a client. */
  issue(name: { ip: string } | { dns: string }): Promise<{ cert: string; key: string }>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/** A fresh authority each time. */
export async function createTestAuthority(): Promise<TestAuthority> {
  cryptoProvider.set(webcrypto);
  const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const keys = await newKeys();
  const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 86_400_000) };
  const root = await X509CertificateGenerator.createSelfSigned({
    ...validity,
    serialNumber: "01",
    name: "CN=test-ca",
    signingAlgorithm: algorithm,
    keys,
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  let serial = 1;
  return {
    ca: root.toString("pem"),
    async issue(name) {
      serial += 1;
      const own = await newKeys();
      const alternative = "ip" in name ? { type: "ip", value: name.ip } : { type: "dns", value: name.dns };
      const certificate = await X509CertificateGenerator.create({
        ...validity,
        serialNumber: serial.toString(16).padStart(2, "0"),
        subject: "CN=test",
        issuer: root.subject,
        signingAlgorithm: algorithm,
        publicKey: own.publicKey,
        signingKey: keys.privateKey,
        extensions: [new SubjectAlternativeNameExtension([alternative as { type: "ip" | "dns"; value: string }])],
      });
      const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", own.privateKey)).toString("base64");
      const key = `-----BEGIN PRIVATE KEY-----\n${(der.match(/.{1,64}/g) ?? []).join("\n")}\n-----END PRIVATE KEY-----\n`;
      return { cert: certificate.toString("pem"), key };
    },
  };
}
