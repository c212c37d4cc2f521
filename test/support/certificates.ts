import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A TLS server's certificate and its key, in PEM. */
export interface Certificate {
	cert: string;
	key: string;
}

/**
 * Creates a self-signed certificate. It needs the command openssl.
 *
 * @param host what it is for, e.g. `IP:127.0.0.1` or `DNS:localhost`
 */
export function selfSigned(host: string, { expired = false } = {}): Certificate {
	const folder = mkdtempSync(join(tmpdir(), 'certificate-'));
	const run = (command: string) =>
		execFileSync('openssl', command.split(' '), { cwd: folder, stdio: 'pipe' });
	try {
		run(
			`req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=test -addext subjectAltName=${host} -keyout key.pem -out cert.pem`,
		);
		if (expired) run('x509 -in cert.pem -days 0 -signkey key.pem -out cert.pem');
		const read = (file: string) => readFileSync(join(folder, file), 'utf8');
		return { cert: read('cert.pem'), key: read('key.pem') };
	} finally {
		rmSync(folder, { recursive: true });
	}
}
