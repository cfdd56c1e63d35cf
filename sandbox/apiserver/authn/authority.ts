/** The sandbox's certificate authority: one P-256 root, server and client certificates issued on demand. */
import "reflect-metadata";
import { webcrypto } from "node:crypto";
import type { Extension, JsonName } from "@peculiar/x509";
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";

export interface Issued {
  certPem: string;
  keyPem: string;
}

export interface Authority {
  caPem: string;
  /** A certificate for TLS servers at these addresses and names. */
  server(hosts: readonly string[]): Promise<Issued>;
  /** A client certificate: CN = user, one O per group, as kube-apiserver reads them. */
  client(user: string, groups: readonly string[]): Promise<Issued>;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const year = 365 * 24 * 3600 * 1000;

function serial(): string {
  // A leading zero nibble keeps the ASN.1 integer positive.
  return `0${Buffer.from(webcrypto.getRandomValues(new Uint8Array(12)))
    .toString("hex")
    .slice(1)}`;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", key)).toString("base64");
  return `-----BEGIN PRIVATE KEY-----\n${(der.match(/.{1,64}/g) ?? []).join("\n")}\n-----END PRIVATE KEY-----\n`;
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

/** Makes a fresh authority; nothing is written to disk. */
export async function createAuthority(): Promise<Authority> {
  cryptoProvider.set(webcrypto);
  const rootKeys = await generateKeys();
  // Certificates start an hour early: clocks of clients may differ.
  const validity = () => ({ notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + year) });
  const root = await X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: "CN=operarius-sandbox-ca",
    ...validity(),
    signingAlgorithm: algorithm,
    keys: rootKeys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });

  async function issue(subject: JsonName, extensions: Extension[]): Promise<Issued> {
    const keys = await generateKeys();
    const certificate = await X509CertificateGenerator.create({
      serialNumber: serial(),
      subject,
      issuer: root.subject,
      ...validity(),
      signingAlgorithm: algorithm,
      publicKey: keys.publicKey,
      signingKey: rootKeys.privateKey,
      extensions: [new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true), ...extensions],
    });
    return { certPem: `${certificate.toString("pem")}\n`, keyPem: await keyPem(keys.privateKey) };
  }

  return {
    caPem: `${root.toString("pem")}\n`,
    server: (hosts) =>
      issue(
        [{ CN: ["operarius-sandbox"] }],
        [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(
            hosts.map((value) => ({ type: /^[\d.]+$|:/.test(value) ? ("ip" as const) : ("dns" as const), value })),
          ),
        ],
      ),
    client: (user, groups) =>
      issue(
        [{ CN: [user] }, ...groups.map((group) => ({ O: [group] }))],
        [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      ),
  };
}
