// n8n finds the nodes through the "n8n" field of package.json; this serves whoever requires the package.
module.exports = {
	...require('./dist/credentials/LinqApi.credentials.js'),
	...require('./dist/nodes/LinqPhoneNumbers/LinqPhoneNumbers.node.js'),
	...require('./dist/nodes/LinqPhoneNumbersTrigger/LinqPhoneNumbersTrigger.node.js'),
	...require('./dist/nodes/LinqPhoneNumbersPollingTrigger/LinqPhoneNumbersPollingTrigger.node.js'),
};
