/** Where the user finds the settings that a remedy names: the words for them. */
export interface RequestSettings {
	proxy: string;
	/** A whole sentence; empty if there is no such setting. */
	ignoreSsl: string;
}

const REQUEST_OPTIONS: RequestSettings = {
	proxy: "the proxy (Settings → Request Options, or HTTPS_PROXY in n8n's environment)",
	ignoreSsl:
		'If you trust the server anyway, turn on Settings → Request Options → Ignore SSL Issues.',
};

const ENVIRONMENT: RequestSettings = {
	proxy: "the proxy (HTTPS_PROXY in n8n's environment)",
	ignoreSsl: '',
};

/**
 * Returns the words for the settings of a request.
 *
 * @param hasRequestOptions whether n8n's Request Options apply to it: to operations, but not to triggers and lists of
 *   choices
 */
export function requestSettings(hasRequestOptions: boolean): RequestSettings {
	return hasRequestOptions ? REQUEST_OPTIONS : ENVIRONMENT;
}
