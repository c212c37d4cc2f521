import type {
	ICredentialDataDecryptedObject,
	ICredentialTestRequest,
	ICredentialType,
	IHttpRequestOptions,
	INodeProperties,
} from 'n8n-workflow';
import { parseApiKey } from '../nodes/shared/linq/apiKey';
import { PHONE_NUMBERS_URL } from '../nodes/shared/linq/phoneNumber';
import { CREDENTIAL } from '../nodes/shared/n8n/constants';

export class LinqApi implements ICredentialType {
	name = CREDENTIAL;

	displayName = 'Linq API';

	icon = { light: 'file:../icons/linq.svg', dark: 'file:../icons/linq.dark.svg' } as const;

	documentationUrl = 'https://docs.linqapp.com';

	properties: INodeProperties[] = [
		{
			displayName: 'API Key',
			name: 'apiKey',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description: 'Find it in the Linq dashboard under the code icon',
		},
		{
			displayName: 'Base URL',
			name: 'baseUrl',
			type: 'string',
			required: true,
			default: 'https://api.linqapp.com/api/partner',
			placeholder: 'e.g. https://api.linqapp.com/api/partner',
			description: 'Only change this for a proxy, staging or local server',
		},
	];

	/** A function: in its place, n8n's credentials-helper.ts would evaluate expressions for each request. */
	authenticate = async (
		{ apiKey }: ICredentialDataDecryptedObject,
		request: IHttpRequestOptions,
	): Promise<IHttpRequestOptions> => {
		const headers = { ...request.headers, Authorization: `Bearer ${parseApiKey(apiKey)}` };
		return await Promise.resolve({ ...request, headers });
	};

	test: ICredentialTestRequest = {
		request: {
			baseURL: '={{ $credentials.baseUrl.trim() }}',
			url: PHONE_NUMBERS_URL,
			method: 'GET',
			// The key goes to the credential's own host only.
			disableFollowRedirect: true,
		},
		rules: [
			{
				// A wrong base URL may respond with 200 and a web page.
				type: 'responseSuccessBody',
				properties: {
					key: 'phone_numbers',
					value: undefined,
					message: 'This base URL responded, but not like the Linq API. Check it.',
				},
			},
		],
	};
}
