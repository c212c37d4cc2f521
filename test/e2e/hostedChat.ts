import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { N8nApi } from './n8nApi.js';

/** A message in n8n's chat: text, or a question with buttons. */
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

	/** Sends a message, and returns what the chat shows next. */
	async say(chatInput: string, seconds?: number): Promise<ChatMessage> {
		this.close();
		let response: Response;
		let tries = 0;
		do {
			if (tries > 0) await delay(100);
			response = await this.api.asOwner(`/webhook/${this.webhookId}/chat`, {
				method: 'POST',
				headers: { 'content-type': 'application/json' },
				body: JSON.stringify({ action: 'sendMessage', sessionId: this.sessionId, chatInput }),
			});
			// n8n registers the webhook a little after publishing.
		} while (response.status === 404 && ++tries < 50);
		if (!response.ok) {
			throw new Error(`The chat returned ${response.status} ${await response.text()}`);
		}
		const { executionId, resumeToken } = (await response.json()) as {
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
			if (!text.startsWith('n8n|')) this.messages.push(parseMessage(text));
		});
		return await this.next(seconds);
	}

	/** Presses a button, even if its question has been answered. */
	async press(message: ChatMessage, button: string): Promise<void> {
		const pressed = message.buttons.find(({ text }) => text === button);
		if (!pressed) throw new Error(`There is no button ${button} in ${JSON.stringify(message)}`);
		// n8n ignores bots. Its address says https, because Linq requires that.
		await fetch(pressed.link.replace('https:', 'http:'), {
			headers: {
				'user-agent': 'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0',
			},
		});
	}

	/** Answers a question with text. */
	reply(chatInput: string): void {
		this.socket?.send(
			JSON.stringify({ action: 'sendMessage', sessionId: this.sessionId, chatInput }),
		);
	}

	close(): void {
		this.socket?.close();
	}

	/** Waits for the chat's next message, and returns it. */
	async next(seconds = 30): Promise<ChatMessage> {
		for (let tries = 0; tries < seconds * 10; tries++) {
			const message = this.messages.shift();
			if (message) return message;
			await delay(100);
		}
		throw new Error(`The chat showed nothing for ${seconds} seconds`);
	}
}

function parseMessage(text: string): ChatMessage {
	if (!text.startsWith('{')) return { text, buttons: [] };
	const message = JSON.parse(text) as ChatMessage;
	return { text: message.text, buttons: message.buttons };
}
