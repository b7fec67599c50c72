// Package api serves the read model over HTTP: operations with an OpenAPI 3.1 document, a cache of answers, a live stream of blocks,
// subscriptions to alerts, and limits on what strangers may ask. It decides who may ask what and how often; package books decides what an
// answer says.
package api
