import Fastify from 'fastify';

/** A tool as a model sees it. */
export interface ShownTool {
	name: string;
	description: string;
	parameters: object;
}

interface Message {
	role: 'system' | 'user' | 'assistant' | 'tool';
	content: unknown;
}

/** A running fake of OpenAI's API, with a scripted model. */
export interface OpenAi {
	/** The base URL for a credential. */
	baseUrl: string;
	/** The arguments with which the model calls a tool. */
	callWith: Record<string, unknown>;
	/** Those of further calls in the same response. */
	together: Array<Record<string, unknown>>;
	/** Those of further calls, each after the result of the one before. */
	afterwards: Array<Record<string, unknown>>;
	/** The name of that tool; by default the first that the model is shown. */
	tool?: string;
	/** The tools that the model was shown last. */
	tools: ShownTool[];
	/** What its tools have returned, in order. */
	toolResults: string[];
	stop: () => Promise<void>;
}

/** Starts an OpenAI-compatible server whose model first calls a tool, and then says that it is done. */
export async function startOpenAi(): Promise<OpenAi> {
	const app = Fastify({ bodyLimit: 20_000_000 });
	const server: Omit<OpenAi, 'baseUrl' | 'stop'> = {
		callWith: {},
		together: [],
		afterwards: [],
		tools: [],
		toolResults: [],
	};
	let calls = 0;

	app.post<{
		Body: { messages: Message[]; tools?: Array<{ function: ShownTool }>; stream?: boolean };
	}>('/v1/chat/completions', async ({ body }, reply) => {
		const { messages, tools = [], stream } = body;
		if (tools.length > 0) {
			server.tools = tools.map(({ function: { name, description, parameters } }) => ({
				name,
				description,
				parameters,
			}));
		}
		const last = messages.at(-1);
		const tool = server.tools.find(({ name }) => name === (server.tool ?? name));
		const begun = messages.findLastIndex(({ role }) => role === 'assistant') + 1;
		const toolMessages = messages.slice(begun).filter(({ role }) => role === 'tool');
		server.toolResults.push(...toolMessages.map(({ content }) => textOf(content)));
		const calledWith =
			last?.role === 'tool'
				? server.afterwards.splice(0, 1)
				: [server.callWith, ...server.together];
		const message =
			tool && calledWith.length > 0
				? {
						role: 'assistant',
						content: null,
						tool_calls: calledWith.map((callWith, index) => ({
							index,
							id: `call_${++calls}`,
							type: 'function',
							function: { name: tool.name, arguments: JSON.stringify(callWith) },
						})),
					}
				: { role: 'assistant', content: 'It is done.' };
		const finish_reason = tool && calledWith.length > 0 ? 'tool_calls' : 'stop';
		const completion = {
			id: 'chatcmpl-1',
			created: 1,
			model: 'gpt-4o-mini',
			usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
		};
		if (!stream) {
			const choices = [{ index: 0, message, finish_reason }];
			return await Promise.resolve({ ...completion, object: 'chat.completion', choices });
		}
		const chunk = (delta: object, reason: string | null) =>
			`data: ${JSON.stringify({
				...completion,
				object: 'chat.completion.chunk',
				choices: [{ index: 0, delta, finish_reason: reason }],
			})}\n\n`;
		await reply
			.header('content-type', 'text/event-stream')
			.send(`${chunk(message, null)}${chunk({}, finish_reason)}data: [DONE]\n\n`);
		return reply;
	});
	app.get('/v1/models', async () => await Promise.resolve({ data: [{ id: 'gpt-4o-mini' }] }));

	const address = await app.listen({ host: '127.0.0.1', port: 0 });
	return Object.assign(server, {
		baseUrl: `${address}/v1`,
		stop: async () => {
			await app.close();
		},
	});
}

/** Returns a message's text, which may have several parts. */
function textOf(content: unknown): string {
	if (typeof content === 'string') return content;
	const parts = Array.isArray(content) ? (content as Array<{ text?: string }>) : [];
	return parts.map(({ text }) => text ?? '').join('');
}
