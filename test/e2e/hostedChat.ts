import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { N8nApi } from './n8nApi.js';

/** What n8n shows in its chat: words, or a question with buttons. */
export interface ChatMessage {
	text: string;
	buttons: Array<{ text: string; link: string }>;
}

/** A person logged in to n8n, who has one of its hosted chats open in a browser. */
export class HostedChat {
	private readonly sessionId = randomUUID();
	private readonly messages: ChatMessage[] = [];
	private socket?: WebSocket;

	constructor(
		private readonly api: N8nApi,
		private readonly webhookId: string,
	) {}

	/** Says something, and answers what the chat shows next. */
	async say(chatInput: string, seconds?: number): Promise<ChatMessage> {
		this.close();
		let answer: Response;
		let tries = 0;
		do {
			if (tries > 0) await delay(100);
			answer = await this.api.asOwner(`/webhook/${this.webhookId}/chat`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ action: 'sendMessage', sessionId: this.sessionId, chatInput }),
			});
			// n8n opens it a little after publishing.
		} while (answer.status === 404 && ++tries < 50);
		if (!answer.ok) throw new Error(`The chat answered ${answer.status} ${await answer.text()}`);
		const { executionId, resumeToken } = (await answer.json()) as {
			executionId: string;
			resumeToken?: string;
		};
		const query = new URLSearchParams({
			sessionId: this.sessionId,
			executionId,
			isPublic: 'true',
			...(resumeToken && { token: resumeToken }),
		});
		const { host } = new URL(this.api.address);
		this.socket = new WebSocket(`ws://${host}/chat?${query.toString()}`);
		this.socket.addEventListener('message', ({ data }) => {
			const text = String(data);
			if (text === 'n8n|heartbeat') this.socket?.send('n8n|heartbeat-ack');
			if (!text.startsWith('n8n|')) this.messages.push(read(text));
		});
		return await this.next(seconds);
	}

	/** Presses a button, whether or not it is still asked for. */
	async press(message: ChatMessage, button: string): Promise<void> {
		const pressed = message.buttons.find(({ text }) => text === button);
		if (!pressed) throw new Error(`There is no button ${button} in ${JSON.stringify(message)}`);
		// n8n lets no bot press it. Its own address says https, for Linq's sake.
		await fetch(pressed.link.replace('https:', 'http:'), {
			headers: {
				'user-agent': 'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0',
			},
		});
	}

	/** Answers a question with words. */
	reply(chatInput: string): void {
		this.socket?.send(
			JSON.stringify({ action: 'sendMessage', sessionId: this.sessionId, chatInput }),
		);
	}

	close(): void {
		this.socket?.close();
	}

	/** Answers what the chat shows next. */
	async next(seconds = 30): Promise<ChatMessage> {
		for (let tries = 0; tries < seconds * 10; tries++) {
			const message = this.messages.shift();
			if (message) return message;
			await delay(100);
		}
		throw new Error(`The chat showed nothing for ${seconds} seconds`);
	}
}

function read(text: string): ChatMessage {
	if (!text.startsWith('{')) return { text, buttons: [] };
	const { text: words, buttons } = JSON.parse(text) as ChatMessage;
	return { text: words, buttons };
}
