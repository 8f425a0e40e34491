/**
 * Certificates for tests, made by openssl.
 * @module
 */
import type { Program, RequiredProgram } from "../provision.ts";

/** What makes the certificates. */
export const OPENSSL: RequiredProgram = {
  names: ["openssl"],
  install: "the Debian package openssl",
};

/** A certificate for 127.0.0.1 and localhost, and its private key, in files. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** A certificate authority, whose files are in one folder. */
export class TestAuthority {
  /** Path of its own certificate. */
  readonly file: string;
  /** Its own certificate. */
  readonly pem: string;
  readonly #openssl: string;
  readonly #folder: string;

  private constructor(openssl: string, folder: string, pem: string) {
    this.file = `${folder}/ca.pem`;
    this.pem = pem;
    this.#openssl = openssl;
    this.#folder = folder;
  }

  static async create({ path }: Program, folder: string): Promise<TestAuthority> {
    await run(path, folder, `req -x509 ${NEW_KEY} -keyout ca.key -out ca.pem -subj /CN=Authority`);
    return new TestAuthority(path, folder, await Deno.readTextFile(`${folder}/ca.pem`));
  }

  /** Makes a certificate. @param name Of its files, and its common name. */
  async certify(name: string): Promise<CertificateFiles> {
    const leaf =
      "-addext subjectAltName=IP:127.0.0.1,DNS:localhost -addext basicConstraints=critical,CA:FALSE";
    await run(
      this.#openssl,
      this.#folder,
      `req -x509 ${NEW_KEY} -keyout ${name}.key -out ${name}.pem -subj /CN=${name} ${leaf} -CA ca.pem -CAkey ca.key`,
    );
    return {
      certFile: `${this.#folder}/${name}.pem`,
      keyFile: `${this.#folder}/${name}.key`,
    };
  }
}

const NEW_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";

async function run(openssl: string, cwd: string, args: string): Promise<void> {
  const command = new Deno.Command(openssl, { args: args.split(" "), cwd });
  const { success, stderr } = await command.output();
  if (!success) throw new Error(`openssl ${args}: ${new TextDecoder().decode(stderr)}`);
}
